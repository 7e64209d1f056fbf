import fs from 'node:fs';
import { shares, descriptorLimit } from './descriptorLimit.ts';

/**
 * Number of attempts when the process has no file descriptor left. The n-th delay is n × {@link RETRY} milliseconds,
 * but at most one second: 40 s in all.
 */
export const MAX_TRIES = 60;
const RETRY = 25;
const MOST_RETRY = 1_000;
/** Milliseconds for which an unused file stays open. */
const IDLE = 30_000;

/** An open file that is not in use: closing it frees its descriptor. */
export interface Idle {
  close(): void;
}

type Ended<T> = (error: NodeJS.ErrnoException | null, value?: T) => void;
type Work<T> = (ended: Ended<T>) => void;

/**
 * The file descriptors that all files of the process share. A caller waits until one is free; for it the file that has
 * been unused for the longest time is closed. Every unused file is closed after half a minute, so that an idle torrent
 * keeps no file open. Invariant: at most `most` are open or being opened, no caller waits while fewer are, and at most
 * half of them are given to callers that hold several.
 */
export class Descriptors {
  readonly #most: number;
  /** Unused files with the time of their last use, the longest unused first. */
  readonly #idle = new Map<Idle, number>();
  readonly #waiting: (() => void)[] = [];
  #held = 0;
  /** Descriptors reserved by callers that hold some while they wait for more. */
  #together = 0;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  get most(): number {
    return this.#most;
  }

  /** `fs.open`; the file is closed by `close`. If the system has no descriptors left, it is tried again for a while. */
  open(file: string, flags: number, mode: number | undefined, opened: Ended<number>): void {
    const work: Work<number> = (ended) => fs.open(file, flags, mode, ended);
    const ended: Ended<number> = (error, fd) => {
      if (error) this.give();
      opened(error, fd);
    };
    this.take(() => this.#try(work, ended, 1));
  }

  /** `fs.close`. */
  close(fd: number, done: (error: NodeJS.ErrnoException | null) => void): void {
    fs.close(fd, (error) => {
      this.give();
      done(error);
    });
  }

  /** Runs work that opens a file and closes it again, in the same way. */
  during<T>(work: Work<T>, done: Ended<T>): void {
    const ended: Ended<T> = (error, value) => {
      this.give();
      done(error, value);
    };
    this.take(() => this.#try(work, ended, 1));
  }

  /** Calls back when a descriptor is free; the caller has to return it. */
  take(use: () => void): void {
    if (this.#held < this.#most) {
      this.#held++;
      use();
    } else {
      this.#waiting.push(use);
      this.#closeOldest();
    }
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#held--;
  }

  /**
   * May the caller open `count` files one after the other, and hold all of them? It returns them by `apart`. At most
   * half of all descriptors are given in this way: if callers that wait for more held all of them, they would wait for
   * ever.
   */
  together(count: number): boolean {
    if (count > 1 && this.#together + count > this.#most / 2) return false;
    this.#together += count;
    return true;
  }

  apart(count: number): void {
    this.#together -= count;
  }

  /** The file is not in use for now. */
  rest(open: Idle): void {
    if (this.#waiting.length > 0) return open.close();
    this.#idle.set(open, performance.now());
    this.#sweeper ??= setTimeout(() => this.#sweep(), IDLE).unref();
  }

  /** The file is used again, or closed. */
  rouse(open: Idle): void {
    this.#idle.delete(open);
  }

  #try<T>(work: Work<T>, ended: Ended<T>, tries: number): void {
    work((error, value) => {
      if ((error?.code !== 'EMFILE' && error?.code !== 'ENFILE') || tries === MAX_TRIES) return ended(error, value);
      while (this.#closeOldest());
      setTimeout(() => this.#try(work, ended, tries + 1), Math.min(MOST_RETRY, RETRY * tries));
    });
  }

  #closeOldest(): boolean {
    const [oldest] = this.#idle.keys();
    if (!oldest) return false;
    this.#idle.delete(oldest);
    oldest.close();
    return true;
  }

  #sweep(): void {
    const now = performance.now();
    for (const [open, since] of this.#idle) {
      if (now - since < IDLE) break;
      this.#idle.delete(open);
      open.close();
    }
    const [oldest] = this.#idle.values();
    this.#sweeper =
      oldest === undefined ? undefined : setTimeout(() => this.#sweep(), Math.max(1, oldest + IDLE - now)).unref();
  }

  check(): void {
    if (this.#held < 0 || this.#held > this.#most) throw new RangeError(`${this.#held} descriptors of ${this.#most}`);
    if (this.#waiting.length > 0 && this.#held < this.#most)
      throw new RangeError(`${this.#waiting.length} callers wait, and ${this.#most - this.#held} descriptors are free`);
    if (this.#idle.size > this.#held)
      throw new RangeError(`${this.#idle.size} unused files of ${this.#held} open ones`);
  }
}

/** The descriptors of this process. */
export const descriptors = new Descriptors(shares(descriptorLimit()).files);
