import { type Observable, Subscription, switchMap, timer } from 'rxjs';
import { now } from '../../contracts/clock.ts';

/** What became of a piece that could not be read before. */
export type Reread = 'sound' | 'damaged' | 'unreadable';

/** Milliseconds until a piece that could not be read is tried again: at first, and at the most. */
const FIRST_WAIT = 1_000;
const MOST_WAIT = 300_000;

/**
 * Pieces that the disk could not read, tried again one after another until each is known to be sound or damaged: a
 * cable that was loose, or a network disk that was away, is not the loss of a piece. One that still can't be read goes
 * behind the others, and the wait is twice as long; after one that can be read the next is tried at once. Depends on
 * how long ago the last failure was. Invariants: at most one piece is being read; a timer runs only while pieces wait.
 */
export class Rereads {
  readonly #read: (index: number) => Observable<Reread>;
  readonly #known: (index: number, became: Exclude<Reread, 'unreadable'>) => void;
  readonly #waiting = new Set<number>();
  #wait = FIRST_WAIT;
  #failedAt = -Infinity;
  #trying = Subscription.EMPTY;

  /** `read` emits once; `known` is called with each piece that can be read. */
  constructor(
    read: (index: number) => Observable<Reread>,
    known: (index: number, became: Exclude<Reread, 'unreadable'>) => void,
  ) {
    this.#read = read;
    this.#known = known;
  }

  has(index: number): boolean {
    return this.#waiting.has(index);
  }

  /** Piece `index` could not be read. */
  add(index: number): void {
    const first = this.#waiting.size === 0;
    this.#waiting.add(index);
    if (first) this.#try(this.#failed());
  }

  end(): void {
    this.#waiting.clear();
    this.#trying.unsubscribe();
  }

  /** How long to wait after this failure: twice as long as after the one before, if that is not long ago. */
  #failed(): number {
    if (now() - this.#failedAt > 2 * MOST_WAIT) this.#wait = FIRST_WAIT;
    this.#failedAt = now();
    const wait = this.#wait;
    this.#wait = Math.min(2 * wait, MOST_WAIT);
    return wait;
  }

  #try(wait: number): void {
    this.#trying.unsubscribe();
    const [index] = this.#waiting;
    if (index === undefined) return;
    const read$ = timer(wait).pipe(switchMap(() => this.#read(index)));
    this.#trying = read$.subscribe((became) => this.#tried(index, became));
  }

  #tried(index: number, became: Reread): void {
    this.#waiting.delete(index);
    if (became === 'unreadable') this.#waiting.add(index);
    else this.#known(index, became);
    this.#try(became === 'unreadable' ? this.#failed() : 0);
  }

  check(): void {
    if (this.#trying.closed !== (this.#waiting.size === 0)) throw new RangeError(`${this.#waiting.size} pieces wait`);
  }
}
