import type { DownloadEvent, Done, Progress } from '../../contracts/events.ts';

/** How far a torrent has come, when its end is told. */
export interface Figures {
  /** Bytes that are wanted; undefined while it is not known what a magnet link stands for. */
  readonly length: number | undefined;
  /** Bytes verified and stored, of `length`; those of this run alone, if it was over before anybody had looked. */
  readonly stored: number;
  readonly looked: boolean;
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
 * Counts how far one torrent has come, to the last piece: a sample of the progress is up to a quarter of a second old,
 * and what was stored since is added to it. Depends on being shown every event in order.
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

  /** Bytes of the torrent, if they are known beforehand. */
  readonly #length: number | undefined;

  constructor(length?: number, now: Clock = () => performance.now(), began = now()) {
    this.#length = length;
    this.#now = now;
    this.#began = began;
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
    const last = this.#last;
    const { downloaded, wasted, uploaded } = this.#bytes;
    const told = last === undefined || last.phase === 'metadata' ? this.#length : last.length;
    const length = this.#done?.length ?? told;
    return {
      length,
      stored: this.#done?.length ?? Math.min(length ?? 0, (last?.stored ?? 0) + this.#since),
      looked: last !== undefined || this.done,
      downloaded,
      wasted,
      uploaded,
      ratio: last?.ratio ?? 0,
      elapsed: (this.#now() - this.#began) / 1000,
      took: this.#doneAt === undefined ? undefined : (this.#doneAt - this.#began) / 1000,
    };
  }
}
