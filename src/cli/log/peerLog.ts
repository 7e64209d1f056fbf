import { Observable, tap } from 'rxjs';
import type { PeerAddress } from '../../contracts/network.ts';
import { NetworkError } from '../../contracts/errors.ts';
import { type Direction, SpokenDecoder } from '../../protocol/peer/spoken.ts';
import { hostPort } from '../views/events.ts';
import { visible } from '../io/text.ts';
import type { Hear, Note } from '../args/logRooms.ts';
import { PeerWords } from './peerWords.ts';

/** Messages of one kind that come, or go, at one time are one line. */
class Run {
  #kind: string | undefined;
  #what = '';
  #more = 0;

  add(kind: string, what: () => string, tell: (line: string) => void): void {
    if (kind === this.#kind) {
      this.#more++;
      return;
    }
    this.end(tell);
    this.#kind = kind;
    this.#what = what();
  }

  end(tell: (line: string) => void): void {
    if (this.#kind !== undefined) tell(this.#more > 0 ? `${this.#what} (and ${this.#more} more)` : this.#what);
    this.#kind = undefined;
    this.#more = 0;
  }
}

/** The log of one connection with a peer. */
export class PeerLog {
  readonly #who: string;
  readonly #source: string;
  readonly #hear: Hear;
  readonly #spoken: Readonly<Record<Direction, SpokenDecoder>>;
  readonly #runs = { '<': new Run(), '>': new Run() };
  /**
   * Their bytes end before the wire does, and by then the subscriber may have left; ours end when we leave, which is
   * told before.
   */
  #ended = false;

  constructor(address: PeerAddress, hear: Hear) {
    this.#who = hostPort(address);
    this.#source = address.source;
    this.#hear = hear;
    const words = new PeerWords();
    const ear = (direction: Direction): SpokenDecoder =>
      new SpokenDecoder({
        heard: (said) =>
          this.#runs[direction].add(
            words.kindOf(direction, said),
            () => words.of(direction, said),
            (what) => this.#note(direction, what),
          ),
        lost: (why) => {
          this.#pause(direction);
          this.#note(direction, `malformed: ${visible(why.message)}`);
        },
      });
    this.#spoken = { '<': ear('<'), '>': ear('>') };
  }

  /** The connection: `verb` says how it comes about. */
  connecting<T>(verb: string, source: Observable<T>): Observable<T> {
    return new Observable((subscriber) => {
      let over = false;
      const note = (what: string): void => this.#note('·', what);
      note(`${verb} (${this.#source})`);
      const running = source.subscribe({
        next: (wire) => {
          note('connected');
          subscriber.next(wire);
        },
        error: (error: unknown) => {
          over = true;
          note(error instanceof NetworkError ? `lost: ${error.code}` : messageOf(error));
          subscriber.error(error);
        },
        complete: () => {
          over = true;
          note('the peer hung up');
          subscriber.complete();
        },
      });
      return () => {
        if (!over) note(this.#ended ? 'the peer hung up' : 'we hang up');
        over = true;
        running.unsubscribe();
      };
    });
  }

  /** The bytes that the peer sends. */
  hearing<T>(bytes$: Observable<T>): Observable<T> {
    return bytes$.pipe(
      tap({ next: (chunk) => this.heard('<', chunk as Uint8Array), complete: () => (this.#ended = true) }),
    );
  }

  /** One chunk that is received or sent. */
  heard(direction: Direction, chunk: Uint8Array): void {
    this.#spoken[direction].push(chunk);
    this.#pause(direction);
  }

  #pause(direction: Direction): void {
    this.#runs[direction].end((what) => this.#note(direction, what));
  }

  #note(direction: Note['direction'], what: string): void {
    this.#hear({ room: 'peer', direction, who: this.#who, what });
  }
}

export const messageOf = (error: unknown): string => visible(error instanceof Error ? error.message : String(error));
