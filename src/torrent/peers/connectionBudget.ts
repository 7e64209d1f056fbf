import { HostPlaces } from '../webSeeds/hostPlaces.ts';

/** Maximum number of connections of all torrents together. */
export const MAX_CONNECTIONS = 400;
/** Maximum number of dials per second of all torrents together; as many may accumulate during a pause. */
export const MAX_DIAL_RATE = 50;

/** How much may be open at the same time. */
export interface Room {
  /** Connections with peers, of all torrents. */
  readonly connections: number;
  /** Incoming connections whose handshake is not complete. */
  readonly callers: number;
  /** Announces under way. */
  readonly announces: number;
}

/** A swarm that shares the budget with others. */
export interface Sharer {
  /** Called when there is a place again. */
  readonly wake: () => void;
  /** Called when other swarms have fewer places: ends the session that began last. */
  readonly shed: () => void;
}

/** The part of the budget that one swarm uses. */
export interface Places {
  /**
   * Takes a place for a dial at `now` (ms). False if there is none: then `wake` is called when there may be one again.
   */
  dial(now: number): boolean;
  /** The same for an incoming connection. */
  answer(): boolean;
  /** Returns a place: a session has ended, or the place was not used. */
  give(): void;
  /** Milliseconds from `now` until the dial rate allows another dial; undefined if it already does. */
  nextIn(now: number): number | undefined;
  /** The swarm has no sessions any more, and wants none. */
  leave(): void;
}

interface Share {
  readonly sharer: Sharer;
  held: number;
  hungry: boolean;
}

/**
 * Divides the connections of a process among its torrents. Depends on how many each of them has, and on how many dials
 * were made recently. The swarm with the fewest connections is first. A swarm with more than an equal share gives
 * places up to those that want more and have less. Invariant: never more than `most`.
 */
export class ConnectionBudget {
  /** Those to web servers, which count by themselves. @hidden */
  readonly webHosts = new HostPlaces();
  readonly #most: number;
  readonly #dialRate: number;
  readonly #shares = new Set<Share>();
  #held = 0;
  #reserved: Share | undefined;
  #dials: number;
  #dialsAt = 0;

  constructor({
    most = MAX_CONNECTIONS,
    dialRate = MAX_DIAL_RATE,
  }: { readonly most?: number; readonly dialRate?: number } = {}) {
    this.#most = most;
    this.#dialRate = this.#dials = dialRate;
  }

  get held(): number {
    return this.#held;
  }

  join(sharer: Sharer): Places {
    const share: Share = { sharer, held: 0, hungry: false };
    this.#shares.add(share);
    return {
      dial: (now) => this.#dial(share, now),
      answer: () => this.#take(share),
      give: () => {
        this.#drop(share, 1);
        this.#feed();
      },
      nextIn: (now) => {
        this.#count(now);
        return this.#dials >= 1 ? undefined : Math.max(1, Math.ceil(((1 - this.#dials) * 1000) / this.#dialRate));
      },
      leave: () => {
        this.#shares.delete(share);
        this.#drop(share, share.held);
        this.#feed();
      },
    };
  }

  #dial(share: Share, now: number): boolean {
    this.#count(now);
    if (this.#dials < 1 || !this.#take(share)) return false;
    this.#dials--;
    return true;
  }

  #take(share: Share): boolean {
    if (this.#held >= this.#most) this.#makeRoom(share);
    share.hungry = this.#held >= this.#most || (this.#reserved !== undefined && this.#reserved !== share);
    if (share.hungry) return false;
    share.held++;
    this.#held++;
    return true;
  }

  /** Makes the swarm with the most places give one up for one that has less than an equal share. */
  #makeRoom(share: Share): void {
    const part = Math.floor(this.#most / this.#shares.size);
    let richest = share;
    for (const other of this.#shares) if (other.held > richest.held) richest = other;
    if (this.#reserved !== undefined || share.held >= part || richest.held <= part) return;
    // The place is reserved for this swarm: neither those that wait nor the one that gives it up may take it.
    this.#reserved = share;
    richest.sharer.shed();
    this.#reserved = undefined;
  }

  #drop(share: Share, places: number): void {
    share.held -= places;
    this.#held -= places;
  }

  #feed(): void {
    while (this.#reserved === undefined && this.#held < this.#most) {
      let poorest: Share | undefined;
      for (const share of this.#shares) if (share.hungry && share.held < (poorest?.held ?? Infinity)) poorest = share;
      if (poorest === undefined) return;
      poorest.hungry = false;
      poorest.sharer.wake();
    }
  }

  #count(now: number): void {
    // A clock that is set back neither gains nor loses anything.
    const elapsed = Math.max(0, now - this.#dialsAt);
    this.#dials = Math.min(this.#dialRate, this.#dials + (elapsed * this.#dialRate) / 1000);
    this.#dialsAt = now;
  }

  check(): void {
    let held = 0;
    for (const share of this.#shares) held += share.held;
    if (held !== this.#held || held > this.#most)
      throw new RangeError(`${held} connections of ${this.#most}, counted as ${this.#held}`);
  }
}
