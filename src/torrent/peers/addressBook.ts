import { isBefore } from './dialOrder.ts';
import { HostRoom, type Useless } from './hostRoom.ts';
import { type Admission, type Candidate, type Ending, hostOf, remember } from './addressKeys.ts';
import { MAX_FAILURES, MAX_FAILURES_AT_STAKE, NO_ROOM, retryDelay } from './retryDelay.ts';
import { SeenAs } from './seenAs.ts';
import { addressKey } from '../../protocol/encoding/address.ts';

export type { Admission, Candidate, Ending } from './addressKeys.ts';
export { MAX_FAILURES } from './retryDelay.ts';

export interface AddressBookOptions<A> {
  /** Dials a second; as many may be saved up. */
  readonly dialRate?: number;
  /** Where we listen, or say that we do. */
  readonly port?: number;
  /** Hears of those who are forgotten before their turn, and why. */
  readonly forgotten?: (address: A, why: 'banned' | 'full') => void;
  /** Which of those that are connected hold a place of their host in vain. */
  readonly useless?: Useless<A>;
  /** Is one whose session has just ended the only one that there is, or the only one that had something we lack? */
  readonly atStake?: (address: A) => boolean;
}

/** Addresses known at one time. */
export const MAX_KNOWN = 3000;
/** Dials a second; as many may be saved up. */
export const DIAL_RATE = 30;
/** Milliseconds until it is seen again whether the limit of a host gives way. */
export const LOOK_AGAIN = 1_000;
/** Bans remembered, and addresses of our own. */
const MAX_BANS = 10_000;
const MAX_SELVES = 100;

interface Entry<A> {
  address: A;
  /** The address by which its session knows it. */
  readonly session: A;
  state: 'waiting' | 'active' | 'resting';
  failures: number;
  /** It gave us something, the last time. */
  useful: boolean;
  /** It has called, and can't be dialled. */
  passing: boolean;
  /** Of BEP 40; 0 if unknown. */
  priority: number;
  until: number;
}

/**
 * Who can be dialled, when, and who first: those that were useful, then those that failed least often, then by who
 * named them, then by their priority (BEP 40), then whoever was named first. Depends on: what each peer did last time,
 * how often it failed, how many are known and connected at its host, where others see us, and how many were dialled
 * just now. Invariants: an address is waiting, active, resting or unknown; at most {@link MAX_KNOWN} are known;
 * a banned one and our own are none of these, but for sessions that are still to end.
 */
export class AddressBook<A extends Candidate> {
  readonly #entries = new Map<string, Entry<A>>();
  readonly #waiting = new Map<string, Entry<A>>();
  readonly #resting = new Set<Entry<A>>();
  /**
   * Those who have called and are active; where they called from may be taken by others when they have said where they
   * listen.
   */
  readonly #callers = new Map<Candidate, Entry<A>>();
  readonly #room: HostRoom<A>;
  readonly #bans = new Set<string>();
  readonly #selves = new Set<string>();
  readonly #seenAs: SeenAs;
  readonly #most: number;
  readonly #dialRate: number;
  readonly #atStake: (address: A) => boolean;
  readonly #forgotten: (address: A, why: 'banned' | 'full') => void;
  #dials: number;
  #dialsAt = 0;
  active = 0;

  constructor(
    most: number = MAX_KNOWN,
    {
      dialRate = DIAL_RATE,
      port = 0,
      forgotten = () => {},
      useless,
      atStake = () => false,
    }: AddressBookOptions<A> = {},
  ) {
    this.#most = most;
    this.#dialRate = this.#dials = dialRate;
    this.#seenAs = new SeenAs(port);
    this.#atStake = atStake;
    this.#forgotten = forgotten;
    this.#room = new HostRoom(useless);
  }

  get known(): number {
    return this.#entries.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Can none of those who wait be dialled before others at their hosts are gone? */
  get exhausted(): boolean {
    for (const { address } of this.#waiting.values()) if (this.#room.has(address)) return false;
    return true;
  }

  /** Is nobody connected, nor waiting, nor to come back after a rest? */
  get alone(): boolean {
    return this.#entries.size === 0;
  }

  get banned(): number {
    return this.#bans.size;
  }

  /** A new address; not taken up if the book is `full` of those that have not failed. */
  add(address: A): Admission {
    const [key, host] = [addressKey(address), hostOf(address)];
    if (this.#entries.has(key)) return 'known';
    if (this.#bans.has(host)) return 'banned';
    if (this.#selves.has(key)) return 'self';
    if (this.#room.crowded(address)) return 'per-host';
    if (this.#entries.size >= this.#most && !this.#forgetWorst()) return 'full';
    this.#waiting.set(key, this.#enter(address, 'waiting', false));
    return 'added';
  }

  /**
   * Somebody has called: active from now on if there is a place. Forgotten when that is over, unless it has said where
   * it listens.
   */
  admit(address: A): Admission {
    const host = hostOf(address);
    if (this.#bans.has(host)) return 'banned';
    if (this.#entries.has(addressKey(address))) return 'known';
    if (!this.#room.has(address)) return 'per-host';
    if (this.#room.crowded(address) && !this.#forgetAt(host)) return 'per-host';
    if (this.#entries.size >= this.#most && !this.#forgetWorst()) return 'full';
    const entry = this.#enter(address, 'active', true);
    this.#callers.set(address, entry);
    this.#room.began(entry);
    this.active++;
    return 'added';
  }

  /**
   * Whoever called from `address` can be dialled at `dialable`: it is known there, and not dialled as long as it is
   * connected.
   */
  listensAt(address: A, dialable: A): void {
    const entry = this.#callers.get(address);
    const other = this.#entries.get(addressKey(dialable));
    if (entry?.passing !== true || other?.state === 'active' || this.isBanned(dialable)) return;
    if (other !== undefined) this.#forget(other);
    // Where each port is a host of its own, as on this machine, the peer moves to another one.
    this.#room.ended(entry);
    this.#room.forgets(entry);
    this.#entries.delete(addressKey(address));
    this.#entries.set(addressKey(dialable), entry);
    entry.address = dialable;
    entry.passing = false;
    this.#room.knows(entry);
    this.#room.began(entry);
  }

  /**
   * Others see us at this address: from now on priorities can be told. The first one of each family counts, and only
   * public ones.
   */
  seenAs(host: string): void {
    if (!this.#seenAs.add(host)) return;
    for (const entry of this.#entries.values()) entry.priority = this.#seenAs.priorityOf(entry.address);
  }

  /**
   * The next to dial at `now` (ms), from now on active; undefined if there is none or too many were dialled just now.
   */
  take(now: number): A | undefined {
    const entry = this.#next(now);
    if (entry === undefined) return undefined;
    this.#waiting.delete(addressKey(entry.address));
    entry.state = 'active';
    this.#room.began(entry);
    this.#dials--;
    this.active++;
    return entry.address;
  }

  /** Is there somebody whom `take` would give? */
  offers(now: number): boolean {
    return this.#next(now) !== undefined;
  }

  /** When `take` may have something that it has not now: milliseconds from `now`; undefined if only `add` can help. */
  nextIn(now: number): number | undefined {
    let next = Infinity;
    for (const { until } of this.#resting) next = Math.min(next, until - now);
    if (this.#waiting.size > 0 && this.#dials < 1) next = Math.min(next, ((1 - this.#dials) * 1000) / this.#dialRate);
    else if (this.#waiting.size > 0 && this.#room.mayYield) next = Math.min(next, LOOK_AGAIN);
    return next === Infinity ? undefined : Math.max(1, Math.ceil(next));
  }

  /** The session with an active address is over; `useful` if it gave us anything. `cause` is the code of its error. */
  ended(address: A, ending: Ending, useful: boolean, now: number, cause: string = ending): void {
    const entry = this.#callers.get(address) ?? this.#entries.get(addressKey(address));
    if (entry?.state !== 'active') return;
    this.active--;
    this.#room.ended(entry);
    if (ending === 'ban') this.ban(address);
    this.#callers.delete(address);
    const self = cause === 'self';
    if (self && !entry.passing) remember(this.#selves, addressKey(entry.address), MAX_SELVES);
    // What this machine lacked says nothing of the peer.
    if (cause !== NO_ROOM) {
      entry.useful = useful;
      entry.failures = useful ? 0 : entry.failures + 1;
    }
    const atStake = entry.failures > 0 && this.#atStake(address);
    const tired = entry.failures > (atStake ? MAX_FAILURES_AT_STAKE : MAX_FAILURES);
    if (self || entry.passing || this.isBanned(entry.address) || ending === 'drop' || tired) {
      this.#forget(entry);
      return;
    }
    entry.state = 'resting';
    entry.until = now + retryDelay(entry, cause, atStake);
    this.#resting.add(entry);
  }

  /** Never again: all of its host if that is a public address, else only this port (many peers may share a machine). */
  ban(address: Candidate): void {
    const banned = hostOf(this.#callers.get(address)?.address ?? address);
    remember(this.#bans, banned, MAX_BANS);
    for (const entry of [...this.#entries.values()]) {
      if (entry.state === 'active' || hostOf(entry.address) !== banned) continue;
      this.#forget(entry);
      this.#forgotten(entry.address, 'banned');
    }
  }

  isBanned(address: Candidate): boolean {
    return this.#bans.has(hostOf(address));
  }

  #next(now: number): Entry<A> | undefined {
    this.#wake(now);
    this.#dials = Math.min(this.#dialRate, this.#dials + ((now - this.#dialsAt) * this.#dialRate) / 1000);
    this.#dialsAt = now;
    return this.#dials < 1 ? undefined : this.#best();
  }

  /** Of those that wait and may be dialled, the one to dial first. */
  #best(): Entry<A> | undefined {
    let best: Entry<A> | undefined;
    for (const entry of this.#waiting.values()) {
      if (best !== undefined && !isBefore(entry, best)) continue;
      if (this.#room.has(entry.address)) best = entry;
    }
    return best;
  }

  /** Makes room: of those that are not active, the one that failed most often goes. */
  #forgetWorst(): boolean {
    let worst: Entry<A> | undefined;
    for (const entry of this.#entries.values())
      if (entry.state !== 'active' && entry.failures > (worst?.failures ?? 0)) worst = entry;
    if (worst === undefined) return false;
    this.#forget(worst);
    this.#forgotten(worst.address, 'full');
    return true;
  }

  /** Makes room at one host. */
  #forgetAt(host: string): boolean {
    for (const entry of this.#entries.values()) {
      if (entry.state === 'active' || hostOf(entry.address) !== host) continue;
      this.#forget(entry);
      this.#forgotten(entry.address, 'full');
      return true;
    }
    return false;
  }

  #enter(address: A, state: 'waiting' | 'active', passing: boolean): Entry<A> {
    const entry: Entry<A> = {
      address,
      session: address,
      state,
      passing,
      failures: 0,
      useful: false,
      priority: this.#seenAs.priorityOf(address),
      until: 0,
    };
    this.#entries.set(addressKey(address), entry);
    this.#room.knows(entry);
    return entry;
  }

  #forget(entry: Entry<A>): void {
    const key = addressKey(entry.address);
    this.#entries.delete(key);
    this.#waiting.delete(key);
    this.#resting.delete(entry);
    this.#room.forgets(entry);
  }

  #wake(now: number): void {
    for (const entry of this.#resting) {
      if (entry.until > now) continue;
      this.#resting.delete(entry);
      entry.state = 'waiting';
      this.#waiting.set(addressKey(entry.address), entry);
    }
  }

  check(): void {
    const entries = [...this.#entries.values()];
    const within = (wanted: string) => entries.filter(({ state }) => state === wanted);
    const counts = ['waiting', 'resting', 'active'].map((state) => within(state).length);
    if (counts.join() !== [this.#waiting.size, this.#resting.size, this.active].join())
      throw new RangeError('the address book miscounts');
    if (entries.length > this.#most) throw new RangeError(`${entries.length} addresses known`);
    this.#room.check(entries, within('active'));
    if (
      entries.some(
        ({ address, state }) => state !== 'active' && (this.#selves.has(addressKey(address)) || this.isBanned(address)),
      )
    ) {
      throw new RangeError('somebody is known who must not be');
    }
  }
}
