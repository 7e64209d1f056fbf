import { Observable, type Subscriber, Subscription, timer } from 'rxjs';
import { TrackerError } from '../../contracts/errors.ts';

/** Maximum number of concurrent announces, of all torrents together. */
export const MAX_ANNOUNCES = 50;
/** Maximum number of those to one host. */
export const MAX_PER_HOST = 4;
/** Milliseconds for which a silent tracker keeps its place; after that it is still waited for, without a place. */
export const HELD_AT_MOST = 15_000;
/** Maximum number of waiting announces; any more fail, and are retried later like others. */
export const MAX_WAITING = 20_000;

/**
 * The order of announces: first `stopped`, for which there is little time; then those of torrents that lack pieces and
 * peers; then all others.
 */
export const URGENCY = { goodbye: 0, active: 1, other: 2 } as const;
export type Urgency = (typeof URGENCY)[keyof typeof URGENCY];

/** A callback for an announce that waits for its turn. */
type Waiter = () => void;

interface Host {
  running: number;
  /** By urgency, oldest first. */
  readonly lines: readonly [Set<Waiter>, Set<Waiter>, Set<Waiter>];
}

/**
 * Runs the announces of all torrents of a process, a few at the same time.
 *
 * ```
 *   asked    (abc)        two at one time
 *   a        --r|
 *   b        ----r|
 *   c          --r|       begins when a has its answer
 * ```
 *
 * Depends on how many announces are running, in all and to each host, and which ones wait. More urgent ones come first;
 * among equals the one that has waited longest. Invariant: at most 50 have a place, 4 of them with one host, and none
 * waits while there is a place for it. An announce keeps its place until it ends, but for at most 15 s.
 */
export class AnnounceQueue {
  readonly #most: number;
  readonly #mostPerHost: number;
  readonly #hosts = new Map<string, Host>();
  /** Hosts at which a place has become free. */
  readonly #freed = new Set<Host>();
  #running = 0;
  #waiting = 0;
  /** An announce waits because all places were taken, not only those of its host. */
  #crowded = false;
  #filling = false;

  constructor({
    most = MAX_ANNOUNCES,
    mostPerHost = MAX_PER_HOST,
  }: { readonly most?: number; readonly mostPerHost?: number } = {}) {
    this.#most = most;
    this.#mostPerHost = mostPerHost;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Runs `ask` when it is its turn. `ask` is told whether others wait for the same host: then the connection is worth
   * keeping. Unsubscribing leaves the queue, or frees the place. Errors with a `TrackerError` if too many are waiting.
   */
  inTurn<T>(host: string, urgency: Urgency, ask: (more: boolean) => Observable<T>): Observable<T> {
    return new Observable((subscriber) => {
      const there = this.#hostOf(host);
      const line = there.lines[urgency];
      const begin = (): void => this.#begin(host, there, ask, subscriber);
      if (this.#hasRoom(there)) return begin();
      if (this.#waiting >= MAX_WAITING) {
        return subscriber.error(
          new TrackerError(
            'unreachable',
            `${host}: more than ${MAX_WAITING} announces are waiting: this one is tried again later`,
          ),
        );
      }
      line.add(begin);
      this.#waiting++;
      if (this.#running >= this.#most) this.#crowded = true;
      subscriber.add(() => {
        if (!line.delete(begin)) return;
        this.#waiting--;
        this.#forget(host, there);
      });
    });
  }

  #begin<T>(host: string, there: Host, ask: (more: boolean) => Observable<T>, subscriber: Subscriber<T>): void {
    this.#running++;
    there.running++;
    const held = new Subscription(() => {
      this.#running--;
      there.running--;
      this.#forget(host, there);
      this.#freed.add(there);
      this.#fill();
    });
    held.add(timer(HELD_AT_MOST).subscribe(() => held.unsubscribe()));
    // Added before the answer, which may arrive synchronously.
    subscriber.add(held);
    subscriber.add(ask(there.lines.some(({ size }) => size > 0)).subscribe(subscriber));
  }

  #hasRoom({ running }: Host): boolean {
    return this.#running < this.#most && running < this.#mostPerHost;
  }

  /** An announce may end while it begins; hence a loop begins the next one, not a recursion. */
  #fill(): void {
    if (this.#filling) return;
    this.#filling = true;
    for (let next = this.#take(); next !== undefined; next = this.#take()) next();
    this.#filling = false;
    this.#freed.clear();
  }

  #take(): Waiter | undefined {
    const hosts = this.#crowded ? [...this.#hosts.values()] : this.#freed;
    for (const urgency of Object.values(URGENCY)) {
      for (const host of hosts) {
        const [waiter] = host.lines[urgency];
        if (waiter === undefined || !this.#hasRoom(host)) continue;
        host.lines[urgency].delete(waiter);
        this.#waiting--;
        return waiter;
      }
    }
    if (this.#running < this.#most) this.#crowded = false;
    return undefined;
  }

  #hostOf(name: string): Host {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    const fresh: Host = { running: 0, lines: [new Set(), new Set(), new Set()] };
    this.#hosts.set(name, fresh);
    return fresh;
  }

  #forget(name: string, { running, lines }: Host): void {
    if (running === 0 && lines.every(({ size }) => size === 0)) this.#hosts.delete(name);
  }

  check(): void {
    let [running, waiting] = [0, 0];
    for (const host of this.#hosts.values()) {
      const wait = host.lines.reduce((sum, { size }) => sum + size, 0);
      running += host.running;
      waiting += wait;
      if (host.running > this.#mostPerHost || (wait > 0 && this.#hasRoom(host)))
        throw new RangeError(`${host.running} announces to one host, ${wait} wait`);
    }
    if (running !== this.#running || waiting !== this.#waiting || running > this.#most)
      throw new RangeError(`${running} announces, ${waiting} wait`);
  }
}
