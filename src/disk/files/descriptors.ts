import fs from 'node:fs';
import { shares, descriptorLimit } from './descriptorLimit.ts';

/**
 * Times to try when the process has no file descriptor left, {@link RETRY} milliseconds × the number of the try apart,
 * but a second at most: 40 s in all.
 */
export const MAX_TRIES = 60;
const RETRY = 25;
const MOST_RETRY = 1_000;
/** Milliseconds after its last use for which a file stays open. */
const IDLE = 30_000;

/** An open file that nobody uses just now: closing it gives its descriptor back. */
export interface Idle {
  close(): void;
}

type Ended<T> = (error: NodeJS.ErrnoException | null, value?: T) => void;
type Work<T> = (ended: Ended<T>) => void;

/**
 * The file descriptors that all files of the process share. Who wants one waits until there is one; of the files that
 * nobody uses, the longest unused is closed for it, and each is after half a minute, so that a torrent of which nobody
 * wants anything holds nothing open. Invariant: at most `most` are open or being opened, and nobody waits while a file
 * is open that nobody uses.
 */
export class Descriptors {
  readonly #most: number;
  /** With the time of their last use, the longest unused first. */
  readonly #idle = new Map<Idle, number>();
  readonly #waiting: (() => void)[] = [];
  #held = 0;
  /** By those who hold one while they wait for others. */
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

  /** `fs.open`; what it opened is closed by `close`. When the system has none left it is tried again, for a while. */
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

  /** Does what opens a file and closes it again, in the same way. */
  during<T>(work: Work<T>, done: Ended<T>): void {
    const ended: Ended<T> = (error, value) => {
      this.give();
      done(error, value);
    };
    this.take(() => this.#try(work, ended, 1));
  }

  /** Calls back when there is one, which has to be given back. */
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
   * May `count` files be opened one after the other, and all be held? Who does so gives them back by `apart`. Half of
   * all can be had in this way: if all were held by those who wait for more, they would wait for ever.
   */
  together(count: number): boolean {
    if (count > 1 && this.#together + count > this.#most / 2) return false;
    this.#together += count;
    return true;
  }

  apart(count: number): void {
    this.#together -= count;
  }

  /** Nobody uses it for now. */
  rest(open: Idle): void {
    if (this.#waiting.length > 0) return open.close();
    this.#idle.set(open, performance.now());
    this.#sweeper ??= setTimeout(() => this.#sweep(), IDLE).unref();
  }

  /** It is used again, or closed. */
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
}

/** Those of this process. */
export const descriptors = new Descriptors(shares(descriptorLimit()).files);
