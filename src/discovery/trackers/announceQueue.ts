import { Observable, type Subscriber, Subscription, timer } from 'rxjs';
import { TrackerError } from '../../contracts/errors.ts';

/** Announces under way at one time, of all torrents together. */
export const MAX_ANNOUNCES = 50;
/** Those of them to one host. */
export const MAX_PER_HOST = 4;
/** Milliseconds that a silent tracker takes a place away from others; it is waited for beside them after that. */
export const HELD_AT_MOST = 15_000;
/** Announces that may wait for their turn; any more fail, and are tried again later as others are. */
export const MAX_WAITING = 20_000;

/**
 * Who comes first: goodbyes, for which there is little time; then those of torrents that lack pieces, and peers; then
 * all others.
 */
export const URGENCY = { goodbye: 0, active: 1, other: 2 } as const;
export type Urgency = (typeof URGENCY)[keyof typeof URGENCY];

/** Somebody who waits for a turn. */
type Waiter = () => void;

interface Host {
  running: number;
  /** By urgency, oldest first. */
  readonly lines: readonly [Set<Waiter>, Set<Waiter>, Set<Waiter>];
}

/**
 * The announces of all torrents of a process, a few at one time.
 *
 * ```
 *   asked    (abc)        two at one time
 *   a        --r|
 *   b        ----r|
 *   c          --r|       begins when a has its answer
 * ```
 *
 * Depends on: how many are under way, in all and to each host, and who waits. The more urgent come first, and of those
 * that are equal the ones that have waited longest. Invariant: at most 50 have a place, 4 of them with one host, and
 * nobody waits while there is one for them. An announce has its place until it ends, but for 15 s at most.
 */
export class AnnounceQueue {
  readonly #most: number;
  readonly #mostPerHost: number;
  readonly #hosts = new Map<string, Host>();
  /** Hosts with one place more than before. */
  readonly #freed = new Set<Host>();
  #running = 0;
  #waiting = 0;
  /** Somebody waits because all places were taken, not those of their host. */
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
   * What `ask` gives, when it is its turn. `ask` hears whether others wait for the same host: then its connection is
   * worth keeping. Unsubscribing leaves the line, or makes room. Errors with a `TrackerError` when too many wait
   * already.
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
            `${host}: more than ${MAX_WAITING} announces wait already: it is tried again`,
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
    // Before the answer, as that may come at once.
    subscriber.add(held);
    subscriber.add(ask(there.lines.some(({ size }) => size > 0)).subscribe(subscriber));
  }

  #hasRoom({ running }: Host): boolean {
    return this.#running < this.#most && running < this.#mostPerHost;
  }

  /** An announce may end while it begins; a loop, not a recursion, begins the next. */
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
