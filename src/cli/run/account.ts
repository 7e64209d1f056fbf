import type { DownloadEvent, Done, Progress } from '../../contracts/events.ts';

/** The figures of a torrent for the report of its end. */
export interface Figures {
  /** Wanted bytes; undefined while the info dictionary of a magnet link is unknown. */
  readonly length: number | undefined;
  /** Bytes verified and stored, of `length`; only those of this run, if the torrent ended before its first sample. */
  readonly stored: number;
  readonly looked: boolean;
  /** Payload bytes of this run: downloaded, wasted, uploaded. */
  readonly downloaded: number;
  readonly wasted: number;
  readonly uploaded: number;
  /** Bytes uploaded in all runs, as a multiple of the length. */
  readonly ratio: number;
  /** Seconds since the beginning; and seconds until the torrent was complete, if it is. */
  readonly elapsed: number;
  readonly took: number | undefined;
}

/** A monotonic clock in milliseconds. */
type Clock = () => number;

/**
 * Keeps the figures of one torrent, exact to the last piece: a sample of the progress is up to a quarter of a second
 * old, so pieces stored since are added to it. Depends on being shown every event in order.
 */
export class Account {
  readonly #now: Clock;
  readonly #began: number;
  #doneAt: number | undefined;
  #done: Done | undefined;
  #last: Progress | undefined;
  /** As in the last event that has them. */
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

  /** The path of the complete torrent. */
  get path(): string | undefined {
    return this.#done?.path;
  }

  /** The reason why the download stalls, if it is known. */
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
