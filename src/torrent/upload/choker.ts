import { type Chokable, type ChokeDecision, Member } from './chokerMember.ts';
import { type ChokeStrategy, type Contender, fairExchange } from './chokeStrategy.ts';
import { MAX_SLOTS, UploadSlots } from './uploadSlots.ts';

export interface ChokerOptions {
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly pieceLength: number;
  /** Do we want nothing? Called every round. */
  readonly seeding?: () => boolean;
  /** The choke strategy. Default {@link fairExchange}. */
  readonly strategy?: ChokeStrategy | undefined;
  /** Upload slots; by default as many as the line can fill. */
  readonly slots?: number | undefined;
}

/** The options that can be changed later. */
export type ChokerChange = Pick<ChokerOptions, 'strategy' | 'slots'>;

/** Milliseconds between two rounds. */
export const ROUND = 10_000;
/** Milliseconds in which a strategy is called at most once for one peer, however often the peer changes its mind. */
const ASKED_AGAIN = 1_000;
/**
 * Decides which peers are unchoked. Depends on which are interested, on what each uploaded and downloaded, on `now`
 * (ms) and on the strategy. Between rounds a free slot goes to a peer that becomes interested, and the slot of a peer
 * that leaves to one that waits, if the strategy shares the rest or names the peer; no peer loses its slot, so none
 * flaps. Invariants: at most `slots` peers are unchoked; only members are; a peer that is not interested is choked in
 * the next round.
 */
export class Choker<P extends Chokable> {
  readonly #members = new Map<P, Member<P>>();
  readonly #random: () => number;
  #strategy: ChokeStrategy;
  readonly #seeding: () => boolean;
  readonly #pieceLength: number;
  #fixed: number | undefined;
  readonly #auto = new UploadSlots();
  #roundAt = -Infinity;

  constructor({ random, pieceLength, seeding = () => false, strategy = fairExchange, slots }: ChokerOptions) {
    this.#random = random;
    this.#pieceLength = pieceLength;
    this.#seeding = seeding;
    this.#strategy = strategy;
    this.#fixed = slots;
  }

  /** How many may be served. */
  get slots(): number {
    if (this.#seeding()) this.#auto.seeds();
    return this.#fixed ?? this.#auto.count;
  }

  /** How many are. */
  get served(): number {
    let count = 0;
    for (const { reason } of this.#members.values()) if (reason !== undefined) count++;
    return count;
  }

  /** Why a peer is served, or no longer is; undefined before anything was decided about it. */
  reasonOf(peer: P): string | undefined {
    return this.#members.get(peer)?.told;
  }

  /** Adds a peer; it is told each change of the decision. */
  joined(peer: P, now: number, tell: (decision: ChokeDecision) => void): void {
    this.#members.set(peer, new Member(peer, now, tell));
    this.interested(peer, now);
  }

  /** Removes a peer; returns whether it leaves a slot for {@link refill}. */
  left(peer: P): boolean {
    const wasServed = this.#members.get(peer)?.reason !== undefined;
    this.#members.delete(peer);
    return wasServed;
  }

  /** Gives the slots that peers have left to others that wait, as {@link interested} does. */
  refill(now: number): void {
    const { sharesRest } = this.#strategy;
    while (this.served < this.slots) {
      const next = sharesRest === true ? this.#longestWaiting(now) : this.#named(now);
      if (next === undefined) return;
      this.interested(next.peer, now);
    }
  }

  /** The peer may have become interested. */
  interested(peer: P, now: number): void {
    const member = this.#members.get(peer);
    if (member === undefined || !peer.state.interested || member.reason !== undefined || this.served >= this.slots)
      return;
    const reason = this.#strategy.sharesRest === true ? 'free-slot' : this.#asked(member, now);
    if (reason === undefined) return;
    member.decide(reason, now);
    member.tells({ type: 'unchoke', reason });
  }

  /** May choked peers have their few allowed-fast pieces? */
  get allowsFast(): boolean {
    return this.#strategy.sharesRest === true && this.slots > 0;
  }

  /** Changes the strategy, the slots, or both, and decides at once. What is not in `change` stays. */
  use(change: ChokerChange, now: number): void {
    if ('strategy' in change) this.#strategy = change.strategy ?? fairExchange;
    if ('slots' in change) this.#fixed = change.slots;
    this.#roundAt = -Infinity;
    this.round(now);
  }

  /** Decides anew; does nothing if it has just done so. */
  round(now: number): void {
    // A clock that is set back must not put off the next round.
    if (Math.abs(now - this.#roundAt) < ROUND / 2) return;
    this.#roundAt = now;
    for (const member of this.#members.values()) member.measure(now);
    const contenders = this.#contenders(now);
    this.#widen([...contenders.keys()]);
    this.#settle(this.#choose(contenders), this.#seeding(), now);
  }

  /** The peer that has waited longest and does not snub us. */
  #longestWaiting(now: number): Member<P> | undefined {
    let longest: Member<P> | undefined;
    for (const one of this.#members.values())
      if (one.waits(now) && (longest === undefined || one.changedAt < longest.changedAt)) longest = one;
    return longest;
  }

  /** The first waiting peer that the strategy names and was not asked about within the last second. */
  #named(now: number): Member<P> | undefined {
    for (const one of this.#choose(this.#contenders(now)).keys())
      if (one.reason === undefined && now - one.askedAt >= ASKED_AGAIN) return one;
    return undefined;
  }

  /** Why the strategy serves `member`, if it does. */
  #asked(member: Member<P>, now: number): string | undefined {
    if (now - member.askedAt < ASKED_AGAIN) return undefined;
    member.askedAt = now;
    return this.#choose(this.#contenders(now)).get(member);
  }

  #contenders(now: number): Map<Contender, Member<P>> {
    const contenders = new Map<Contender, Member<P>>();
    for (const member of this.#members.values())
      if (member.peer.state.interested) contenders.set(member.contender(now), member);
    return contenders;
  }

  /** The first peers that the strategy names, as many as there are slots. */
  #choose(contenders: ReadonlyMap<Contender, Member<P>>): ReadonlyMap<Member<P>, string> {
    const occasion = {
      slots: this.slots,
      seeding: this.#seeding(),
      pieceLength: this.#pieceLength,
      random: this.#random,
    };
    const chosen = new Map<Member<P>, string>();
    for (const [contender, reason] of this.#strategy([...contenders.keys()], occasion)) {
      const member = contenders.get(contender);
      if (member !== undefined && chosen.size < occasion.slots) chosen.set(member, reason);
    }
    return chosen;
  }

  #widen(contenders: readonly Contender[]): void {
    const served = contenders.filter((one) => one.served !== undefined);
    let rate = 0;
    for (const { gets } of served) rate += gets;
    this.#auto.follow(rate, served.length, contenders.length - served.length);
  }

  /** Everything is decided before any peer is told, and slots are freed before they are given to others. */
  #settle(chosen: ReadonlyMap<Member<P>, string>, seeding: boolean, now: number): void {
    const told: [member: Member<P>, decision: ChokeDecision][] = [];
    for (const member of this.#members.values()) {
      const reason = chosen.get(member);
      if (reason === undefined && member.reason !== undefined)
        told.unshift([member, { type: 'choke', reason: why(member, seeding, now) }]);
      if (reason !== undefined && member.reason === undefined) told.push([member, { type: 'unchoke', reason }]);
      member.decide(reason, now);
    }
    for (const [member, decision] of told) if (this.#members.get(member.peer) === member) member.tells(decision);
  }

  check(): void {
    if (this.served > this.slots) throw new RangeError(`${this.served} are served in ${this.slots} slots`);
    if (this.#fixed === undefined && this.slots > MAX_SLOTS) throw new RangeError(`${this.slots} slots`);
    for (const [peer, member] of this.#members) if (member.peer !== peer) throw new RangeError('a member is another');
  }
}

/** The reason why a peer is choked. */
const why = (member: Member<Chokable>, seeding: boolean, now: number): string => {
  if (!member.peer.state.interested) return 'not-interested';
  if (seeding || member.reason === 'optimistic') return 'turn-over';
  return member.snubs(now) ? 'snubs' : 'outbid';
};
