import type { DownloadEvent, Done, Progress } from '../../env.ts';

/** How far a torrent has come, when its end is told. */
export interface Figures {
  /** Bytes that are wanted; undefined while it is not known what a magnet link stands for. */
  readonly length: number | undefined;
  /** Bytes verified and stored, of `length`. */
  readonly stored: number;
  /** Payload bytes of this run: what came, what of it was of no use, what was given. */
  readonly downloaded: number;
  readonly wasted: number;
  readonly uploaded: number;
  /** Bytes given in all runs, as a multiple of the length. */
  readonly ratio: number;
  /** Seconds since it began; and those that passed before it was complete, if it is. */
  readonly elapsed: number;
  readonly took: number | undefined;
}

/** Milliseconds as they pass. */
type Clock = () => number;

/**
 * Counts how far one torrent has come, to the last piece: a sample of the progress is up to a quarter of a second old, and what was stored
 * since is added to it. Depends on being shown every event in order.
 */
export class Account {
  readonly #now: Clock;
  readonly #began: number;
  #doneAt: number | undefined;
  #done: Done | undefined;
  #last: Progress | undefined;
  /** As the last event that has them tells them. */
  #bytes: Pick<Progress, 'downloaded' | 'wasted' | 'uploaded'> = { downloaded: 0, wasted: 0, uploaded: 0 };
  /** Bytes stored since `#last`. */
  #since = 0;

  constructor(now: Clock = () => performance.now()) {
    this.#now = now;
    this.#began = now();
  }

  see(event: DownloadEvent): void {
    if (event.type === 'stored') this.#since += event.length;
    if (event.type === 'progress' || event.type === 'done') this.#bytes = event;
    if (event.type === 'progress') {
      this.#last = event;
      this.#since = 0;
    }
    if (event.type === 'done') {
      this.#doneAt ??= this.#now();
      this.#done = event;
    }
  }

  get done(): boolean {
    return this.#done !== undefined;
  }

  /** Where all of it is, once it is complete. */
  get path(): string | undefined {
    return this.#done?.path;
  }

  /** Why nothing moves, if anybody knows. */
  get reason(): string | undefined {
    return this.#last?.reason;
  }

  get figures(): Figures {
    const { phase, length = 0, stored = 0, ratio = 0 } = this.#last ?? {};
    const { downloaded, wasted, uploaded } = this.#bytes;
    const wanted = phase === undefined || phase === 'metadata' ? undefined : length;
    return {
      length: this.#done?.length ?? wanted,
      stored: this.#done?.length ?? Math.min(length, stored + this.#since),
      downloaded,
      wasted,
      uploaded,
      ratio,
      elapsed: (this.#now() - this.#began) / 1000,
      took: this.#doneAt === undefined ? undefined : (this.#doneAt - this.#began) / 1000,
    };
  }
}
