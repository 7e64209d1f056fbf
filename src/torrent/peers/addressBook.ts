import { type Entry, entryOf, idleAt, worstOf } from './addressEntry.ts';
import { firstOf } from './dialOrder.ts';
import { DialPace } from './dialPace.ts';
import { Exclusions } from './exclusions.ts';
import { HostRoom, type Useless } from './hostRoom.ts';
import { type Admission, type Candidate, type Ending, hostOf } from './addressKeys.ts';
import { MAX_FAILURES, MAX_FAILURES_AT_STAKE, NO_ROOM, NO_ROOM_REST, retryDelay } from './retryDelay.ts';
import { SeenAs } from './seenAs.ts';
import { addressKey } from '../../protocol/encoding/address.ts';

export type { Admission, Candidate, Ending } from './addressKeys.ts';
export { MAX_FAILURES } from './retryDelay.ts';

export interface AddressBookOptions<A> {
  /** Maximum number of dials per second; as many may accumulate during a pause. */
  readonly dialRate?: number;
  /** The port on which we listen, or say that we do. */
  readonly port?: number;
  /** Called with each address that is forgotten before it was dialled, and why. */
  readonly forgotten?: (address: A, why: 'banned' | 'full') => void;
  /** Tells which connected peers occupy a place of their host without being useful. */
  readonly useless?: Useless<A>;
  /** Is a peer whose session has just ended the only known one, or the only one that had a piece that we lack? */
  readonly atStake?: (address: A) => boolean;
}

/** Maximum number of known addresses. */
export const MAX_KNOWN = 3000;
/** Milliseconds until the limit of a host is checked again. */
export const LOOK_AGAIN = 1_000;

/**
 * Decides which address is dialled, when, and in which order: first peers that were useful, then those that failed
 * least often, then by source, then by priority (BEP 40), then in the order in which they were named. Depends on how
 * each peer's last session ended, how often it failed, how many addresses of its host are known and connected, our own
 * address as others see it, and how many dials were made recently. Invariants: an address is waiting, active, resting
 * or unknown; at most {@link MAX_KNOWN} are known; banned addresses and our own are none of these, except for sessions
 * that have not ended yet.
 */
export class AddressBook<A extends Candidate> {
  readonly #entries = new Map<string, Entry<A>>();
  readonly #waiting = new Map<string, Entry<A>>();
  readonly #resting = new Set<Entry<A>>();
  /**
   * Active peers that have called us. When such a peer has said where it listens, another peer may use the address that
   * it called from.
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

  /** Is it impossible to dial any waiting address before other peers of its host have left? */
  get exhausted(): boolean {
    for (const { address } of this.#waiting.values()) if (this.#room.has(address)) return false;
    return true;
  }

  /** Is no address active, waiting or resting? */
  get alone(): boolean {
    return this.#entries.size === 0;
  }

  get banned(): number {
    return this.#excluded.banned;
  }

  /** Adds a new address. It is refused if the book is `full` of addresses that have not failed. */
  add(address: A): Admission {
    const key = addressKey(address);
    if (this.#entries.has(key)) return 'known';
    if (this.isBanned(address)) return 'banned';
    if (this.#excluded.isSelf(address)) return 'self';
    if (this.#room.crowded(address)) return 'per-host';
    if (this.#entries.size >= this.#most && !this.#forgetWorst()) return 'full';
    this.#waiting.set(key, this.#enter({ key, address, session: address, state: 'waiting', passing: false }));
    return 'added';
  }

  /**
   * Admits a peer that has called: it is active from now on if there is a place. It is forgotten when its session ends,
   * unless it has said where it listens, or has called from there, as by uTP. If that is where it is connected or
   * dialled now, both go on until it is known which peer is there: it may have called when we did, or have lost the
   * other one.
   */
  admit(address: A): Admission {
    if (this.isBanned(address)) return 'banned';
    const own = addressKey(address);
    const again = address.source === 'incoming' && this.#entries.get(own)?.state === 'active';
    const key = again ? `${own} again` : own;
    const known = this.#entries.get(key);
    if (known?.state === 'active' || this.#callers.has(address)) return 'known';
    if (!this.#room.has(address)) return 'per-host';
    if (known !== undefined) this.#forget(known);
    else if (this.#room.crowded(address) && !this.#forgetAt(hostOf(address))) return 'per-host';
    else if (this.#entries.size >= this.#most && !this.#forgetWorst()) return 'full';
    const passing = known === undefined;
    const entry = this.#enter({ key, address: known?.address ?? address, session: address, state: 'active', passing });
    this.#callers.set(address, entry);
    this.#room.began(entry);
    this.active++;
    return 'added';
  }

  /**
   * A peer that called from `address` listens at `dialable`: it is known by that address, and not dialled while it is
   * connected.
   */
  listensAt(address: A, dialable: A): void {
    const entry = this.#callers.get(address);
    const other = this.#entries.get(addressKey(dialable));
    if (entry?.passing !== true || other?.state === 'active' || this.isBanned(dialable)) return;
    if (other !== undefined) this.#forget(other);
    // If each port counts as a host of its own, as on this machine, the peer moves to another host.
    this.#room.ended(entry);
    this.#room.forgets(entry);
    this.#entries.delete(entry.key);
    entry.key = addressKey(dialable);
    this.#entries.set(entry.key, entry);
    entry.address = dialable;
    entry.passing = false;
    this.#room.knows(entry);
    this.#room.began(entry);
  }

  /**
   * Records our own address as others see it: from now on priorities are known. Only the first public address of each
   * family counts.
   */
  seenAs(host: string): void {
    if (!this.#seenAs.add(host)) return;
    for (const entry of this.#entries.values()) entry.priority = this.#seenAs.priorityOf(entry.address);
  }

  /**
   * Takes the next address to dial at `now` (ms), which is active from now on. Undefined if there is none, or too many
   * were dialled recently.
   */
  take(now: number): A | undefined {
    const entry = this.#next(now);
    if (entry === undefined) return undefined;
    this.#waiting.delete(entry.key);
    entry.state = 'active';
    this.#room.began(entry);
    this.#pace.dial();
    this.active++;
    return entry.address;
  }

  /** Would `take` return an address? */
  offers(now: number): boolean {
    return this.#next(now) !== undefined;
  }

  /** Milliseconds from `now` until `take` may return an address; undefined if only `add` can help. */
  nextIn(now: number): number | undefined {
    let next = Infinity;
    for (const { until } of this.#resting) next = Math.min(next, until - now);
    if (this.#waiting.size > 0 && this.#pace.wait > 0) next = Math.min(next, this.#pace.wait);
    else if (this.#waiting.size > 0 && this.#room.mayYield) next = Math.min(next, LOOK_AGAIN);
    return next === Infinity ? undefined : Math.max(1, Math.ceil(next));
  }

  /** The session of an active address has ended; `useful` if it gave us anything. `cause` is the code of its error. */
  ended(address: A, ending: Ending, useful: boolean, now: number, cause: string = ending): void {
    const entry = this.#callers.get(address) ?? this.#entries.get(addressKey(address));
    if (entry?.state !== 'active') return;
    this.active--;
    this.#room.ended(entry);
    if (ending === 'ban') this.ban(address);
    this.#callers.delete(address);
    const self = cause === 'self';
    if (self && !entry.passing) this.#excluded.addSelf(entry.address);
    // A lack of resources on this machine says nothing about the peer, and the next one would fare no better.
    if (cause === NO_ROOM) this.#pace.rest(now, NO_ROOM_REST);
    else {
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

  /** Bans all addresses of a host if it is public, otherwise only this port, since many peers may share a machine. */
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

  /** Makes room: forgets the inactive address that has failed most often. */
  #forgetWorst(): boolean {
    const worst = worstOf(this.#entries.values());
    if (worst === undefined) return false;
    this.#forget(worst);
    this.#forgotten(worst.address, 'full');
    return true;
  }

  /** Makes room at one host in the same way. */
  #forgetAt(host: string): boolean {
    const idle = idleAt(this.#entries.values(), host).next().value;
    if (idle === undefined) return false;
    this.#forget(idle);
    this.#forgotten(idle.address, 'full');
    return true;
  }

  #enter(known: Omit<Parameters<typeof entryOf<A>>[0], 'priority'>): Entry<A> {
    const entry = entryOf({ ...known, priority: this.#seenAs.priorityOf(known.address) });
    this.#entries.set(entry.key, entry);
    this.#room.knows(entry);
    return entry;
  }

  #forget(entry: Entry<A>): void {
    this.#entries.delete(entry.key);
    this.#waiting.delete(entry.key);
    this.#resting.delete(entry);
    this.#room.forgets(entry);
  }

  #wake(now: number): void {
    for (const entry of this.#resting) {
      if (entry.until > now) continue;
      this.#resting.delete(entry);
      entry.state = 'waiting';
      this.#waiting.set(entry.key, entry);
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
