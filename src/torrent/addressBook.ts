/** What the book needs to know of an address. */
export interface Candidate {
  readonly host: string;
  readonly port: number;
}

/** What followed from a session with a peer, as `verdict` names it; `closed` when they hung up without an error. */
export type Ending = 'closed' | 'retry' | 'drop' | 'ban' | 'fatal';

/** Addresses known at one time. */
export const MAX_KNOWN = 3000;
/** Dials a second; as many may be saved up. */
export const DIAL_RATE = 30;
/** Connections to one address of the public internet. */
export const MAX_PER_HOST = 3;
/** Failures in a row that are borne: at the next one a peer is given up. */
export const MAX_FAILURES = 3;
/** Rest of a peer that was useful, and of one that was not (doubled with each failure), in milliseconds. */
const SHORT_REST = 5_000;
const LONG_REST = 60_000;
/** Bans remembered. */
const MAX_BANS = 10_000;

interface Entry<A> {
  readonly address: A;
  state: 'waiting' | 'active' | 'resting';
  failures: number;
  until: number;
}

/**
 * Who can be dialled, and when. Depends on: what each peer did last time, how often it failed, how many are connected at its
 * host, and how many were dialled just now. Invariants: an address is waiting, active, resting or unknown; at most
 * {@link MAX_KNOWN} are known; a banned one is none of these, but for sessions that are still to end.
 */
export class AddressBook<A extends Candidate> {
  readonly #entries = new Map<string, Entry<A>>();
  readonly #waiting = new Map<string, Entry<A>>();
  readonly #resting = new Set<Entry<A>>();
  readonly #hosts = new Map<string, number>();
  readonly #bans = new Set<string>();
  readonly #most: number;
  readonly #dialRate: number;
  #dials: number;
  #dialsAt = 0;
  active = 0;

  constructor(most: number = MAX_KNOWN, { dialRate = DIAL_RATE }: { readonly dialRate?: number } = {}) {
    this.#most = most;
    this.#dialRate = this.#dials = dialRate;
  }

  get known(): number {
    return this.#entries.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get banned(): number {
    return this.#bans.size;
  }

  /** A new address; false if it is known or banned, or the book is full of those that have not failed. */
  add(address: A): boolean {
    const key = keyOf(address);
    if (this.#entries.has(key) || this.#bans.has(banKeyOf(address))) return false;
    if (this.#entries.size >= this.#most && !this.#forgetWorst()) return false;
    const entry: Entry<A> = { address, state: 'waiting', failures: 0, until: 0 };
    this.#entries.set(key, entry);
    this.#waiting.set(key, entry);
    return true;
  }

  /** The next to dial at `now` (ms), from now on active; undefined if there is none or too many were dialled just now. */
  take(now: number): A | undefined {
    this.#wake(now);
    this.#dials = Math.min(this.#dialRate, this.#dials + ((now - this.#dialsAt) * this.#dialRate) / 1000);
    this.#dialsAt = now;
    if (this.#dials < 1) return undefined;
    for (const [key, entry] of this.#waiting) {
      const host = banKeyOf(entry.address);
      const connected = this.#hosts.get(host) ?? 0;
      if (connected >= MAX_PER_HOST) continue;
      this.#waiting.delete(key);
      entry.state = 'active';
      this.#hosts.set(host, connected + 1);
      this.#dials--;
      this.active++;
      return entry.address;
    }
    return undefined;
  }

  /** When `take` may have something that it has not now: milliseconds from `now`; undefined if only `add` can help. */
  nextIn(now: number): number | undefined {
    let next = Infinity;
    for (const { until } of this.#resting) next = Math.min(next, until - now);
    if (this.#waiting.size > 0 && this.#dials < 1) next = Math.min(next, ((1 - this.#dials) * 1000) / this.#dialRate);
    return next === Infinity ? undefined : Math.max(1, Math.ceil(next));
  }

  /** The session with an active address is over; `useful` if it gave us anything. */
  ended(address: A, ending: Ending, useful: boolean, now: number): void {
    const key = keyOf(address);
    const entry = this.#entries.get(key);
    if (entry?.state !== 'active') return;
    this.#leave(entry);
    if (ending === 'ban') this.ban(address);
    entry.failures = useful ? 0 : entry.failures + 1;
    if (this.isBanned(address) || ending === 'drop' || entry.failures > MAX_FAILURES) {
      this.#entries.delete(key);
      return;
    }
    entry.state = 'resting';
    entry.until = now + (useful ? SHORT_REST : LONG_REST * 2 ** (entry.failures - 1));
    this.#resting.add(entry);
  }

  /** Never again: all of its host if that is a public address, else only this port (many peers may share a machine). */
  ban(address: Candidate): void {
    const banned = banKeyOf(address);
    this.#bans.add(banned);
    if (this.#bans.size > MAX_BANS) for (const oldest of this.#bans) if (this.#bans.delete(oldest)) break;
    for (const [key, entry] of this.#entries) {
      if (entry.state === 'active' || banKeyOf(entry.address) !== banned) continue;
      this.#entries.delete(key);
      this.#waiting.delete(key);
      this.#resting.delete(entry);
    }
  }

  isBanned(address: Candidate): boolean {
    return this.#bans.has(banKeyOf(address));
  }

  /** Makes room: of those that are not active, the one that failed most often goes. */
  #forgetWorst(): boolean {
    let worst: [key: string, entry: Entry<A>] | undefined;
    for (const known of this.#entries) if (known[1].state !== 'active' && known[1].failures > (worst?.[1].failures ?? 0)) worst = known;
    if (worst === undefined) return false;
    const [key, entry] = worst;
    this.#entries.delete(key);
    this.#waiting.delete(key);
    this.#resting.delete(entry);
    return true;
  }

  #leave(entry: Entry<A>): void {
    this.active--;
    const host = banKeyOf(entry.address);
    const left = (this.#hosts.get(host) ?? 1) - 1;
    if (left > 0) this.#hosts.set(host, left);
    else this.#hosts.delete(host);
  }

  #wake(now: number): void {
    for (const entry of this.#resting) {
      if (entry.until > now) continue;
      this.#resting.delete(entry);
      entry.state = 'waiting';
      this.#waiting.set(keyOf(entry.address), entry);
    }
  }

  check(): void {
    const states = [...this.#entries.values()].map(({ state }) => state);
    const count = (wanted: string): number => states.filter((state) => state === wanted).length;
    if (count('waiting') !== this.#waiting.size || count('resting') !== this.#resting.size || count('active') !== this.active) {
      throw new RangeError('the address book miscounts');
    }
    if (this.#entries.size > this.#most) throw new RangeError(`${this.#entries.size} addresses known`);
  }
}

const keyOf = ({ host, port }: Candidate): string => `${host}:${port}`;

const LOCAL = /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd][0-9a-f]{2}:|fe80:|localhost$)/i;

/** Peers in one house share an address of the internet; those on one machine or local network do not. */
const banKeyOf = (address: Candidate): string => (LOCAL.test(address.host) ? keyOf(address) : address.host);
