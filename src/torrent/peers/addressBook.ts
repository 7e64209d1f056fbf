import { type Entry, idleAt, worstOf } from './addressEntry.ts';
import { firstOf } from './dialOrder.ts';
import { DialPace } from './dialPace.ts';
import { Exclusions } from './exclusions.ts';
import { HostRoom, type Useless } from './hostRoom.ts';
import { type Admission, type Candidate, type Ending, hostOf } from './addressKeys.ts';
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
/** Milliseconds until it is seen again whether the limit of a host gives way. */
export const LOOK_AGAIN = 1_000;

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
  readonly #excluded = new Exclusions();
  readonly #pace: DialPace;
  readonly #seenAs: SeenAs;
  readonly #most: number;
  readonly #atStake: (address: A) => boolean;
  readonly #forgotten: (address: A, why: 'banned' | 'full') => void;
  active = 0;

  constructor(
    most: number = MAX_KNOWN,
    { dialRate, port = 0, forgotten = () => {}, useless, atStake = () => false }: AddressBookOptions<A> = {},
  ) {
    this.#most = most;
    this.#pace = new DialPace(dialRate);
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
    return this.#excluded.banned;
  }

  /** A new address; not taken up if the book is `full` of those that have not failed. */
  add(address: A): Admission {
    const key = addressKey(address);
    if (this.#entries.has(key)) return 'known';
    if (this.isBanned(address)) return 'banned';
    if (this.#excluded.isSelf(address)) return 'self';
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
    if (this.isBanned(address)) return 'banned';
    if (this.#entries.has(addressKey(address))) return 'known';
    if (!this.#room.has(address)) return 'per-host';
    if (this.#room.crowded(address) && !this.#forgetAt(hostOf(address))) return 'per-host';
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
    this.#pace.dial();
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
    if (this.#waiting.size > 0 && this.#pace.wait > 0) next = Math.min(next, this.#pace.wait);
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
    if (self && !entry.passing) this.#excluded.addSelf(entry.address);
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
    this.#excluded.ban(banned);
    for (const entry of [...idleAt(this.#entries.values(), banned)]) {
      this.#forget(entry);
      this.#forgotten(entry.address, 'banned');
    }
  }

  isBanned(address: Candidate): boolean {
    return this.#excluded.isBanned(address);
  }

  #next(now: number): Entry<A> | undefined {
    this.#wake(now);
    if (!this.#pace.mayDial(now)) return undefined;
    return firstOf(this.#waiting.values(), ({ address }) => this.#room.has(address));
  }

  /** Makes room: of those that are not active, the one that failed most often goes. */
  #forgetWorst(): boolean {
    const worst = worstOf(this.#entries.values());
    if (worst === undefined) return false;
    this.#forget(worst);
    this.#forgotten(worst.address, 'full');
    return true;
  }

  /** Makes room at one host. */
  #forgetAt(host: string): boolean {
    const idle = idleAt(this.#entries.values(), host).next().value;
    if (idle === undefined) return false;
    this.#forget(idle);
    this.#forgotten(idle.address, 'full');
    return true;
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
    this.#excluded.check();
    this.#pace.check();
    const idle = entries.filter(({ state }) => state !== 'active');
    if (idle.some(({ address }) => this.#excluded.isSelf(address) || this.isBanned(address)))
      throw new RangeError('somebody is known who must not be');
  }
}
