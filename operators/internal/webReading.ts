import { Observable, Subscription } from 'rxjs';
import { NetworkError } from '../../src/contracts/errors.ts';
import { type BodyRange, WebSeedError } from '../../src/torrent/webSeeds/webAnswer.ts';

/** Stands behind the last byte that is of use: the answer is given up. */
export const ENOUGH = new Uint8Array();

/** What else of an answer is of use: bytes of the file; `full` if there is no room for them now. */
export type Grown = BodyRange | 'full' | undefined;

/** What is made of a body as it comes. */
export interface Reading {
  /** Is called with each number of bytes that have come, whether or not they are of any use. */
  readonly came: (bytes: number) => void;
  /** An answer goes on behind what was asked for, until `fileEnd`: what of it may come as well? */
  readonly grow: (fileEnd: number) => Grown;
  /** There may be room again. */
  readonly wake$: Observable<unknown>;
  /** Nothing is read while there is no room. */
  readonly hold: (full: boolean) => void;
}

/** Reads one body; chunks wait while there is no room for them, and then nothing more is read. */
class Body {
  readonly #body: BodyRange;
  readonly #how: Reading;
  readonly #give: (bytes: Uint8Array) => void;
  /** The file's byte that comes next, and those that are of use. */
  #at: number;
  #wanted: BodyRange;
  readonly waiting: Uint8Array[] = [];

  constructor(body: BodyRange, wanted: BodyRange, how: Reading, give: (bytes: Uint8Array) => void) {
    this.#body = body;
    this.#wanted = wanted;
    this.#how = how;
    this.#give = give;
    this.#at = body.begin;
  }

  /** Has all that is of use come? */
  get isWhole(): boolean {
    return this.#at >= this.#wanted.end;
  }

  /** True if nothing more of the answer is of use. @throws WebSeedError */
  take(chunk: Uint8Array): boolean {
    if (this.waiting.length === 0) return this.#read(chunk);
    this.waiting.push(new Uint8Array(chunk));
    return false;
  }

  /** There may be room again: the same as `take`, of what waits. */
  goOn(): boolean {
    const waiting = this.waiting.splice(0);
    if (waiting.length > 0) this.#how.hold(false);
    return waiting.some((chunk) => this.take(chunk));
  }

  #read(chunk: Uint8Array): boolean {
    let rest = chunk;
    for (;;) {
      const { begin, end } = this.#wanted;
      const part = rest.subarray(Math.max(0, begin - this.#at), Math.max(0, end - this.#at));
      if (part.length > 0) this.#give(part);
      const used = Math.max(0, Math.min(rest.length, end - this.#at));
      this.#at += used;
      rest = rest.subarray(used);
      if (this.#at < end) return false;
      if (this.#body.end <= end) {
        if (rest.length > 0) throw new WebSeedError('useless', 'it sends more than it was asked for');
        return false;
      }
      const grown = this.#how.grow(this.#body.end);
      if (grown === undefined) return true;
      if (grown === 'full') return this.#wait(rest);
      this.#wanted = grown;
    }
  }

  #wait(rest: Uint8Array): boolean {
    this.waiting.push(new Uint8Array(rest));
    this.#how.hold(true);
    return false;
  }
}

/**
 * Of a body that is `body`, the bytes that are `wanted`, and those by which they grow; then `ENOUGH`, if there are
 * more.
 *
 * @throws WebSeedError, NetworkError
 */
export const webReading = (
  bytes$: Observable<Uint8Array>,
  body: BodyRange,
  wanted: BodyRange,
  how: Reading,
): Observable<Uint8Array> =>
  new Observable((subscriber) => {
    const reading = new Body(body, wanted, how, (part) => subscriber.next(part));
    let ended = false;
    const guarded = (step: () => boolean): void => {
      try {
        if (step()) subscriber.next(ENOUGH);
      } catch (error) {
        subscriber.error(error);
      }
    };
    const close = (): void => {
      ended = true;
      if (reading.waiting.length > 0) return;
      if (reading.isWhole) subscriber.complete();
      else subscriber.error(new NetworkError('reset', 'HTTP', 'the body is too short'));
    };
    const next = (chunk: Uint8Array): void => {
      how.came(chunk.length);
      guarded(() => reading.take(chunk));
    };
    const wake = (): void => {
      if (reading.waiting.length === 0) return;
      guarded(() => reading.goOn());
      if (ended && !subscriber.closed) close();
    };
    const all = new Subscription(() => {
      if (reading.waiting.length > 0) how.hold(false);
    });
    all.add(how.wake$.subscribe(wake));
    all.add(bytes$.subscribe({ next, error: (error: unknown) => subscriber.error(error), complete: close }));
    return all;
  });
