import { type ChokeStrategy, type Contender, fairExchange } from './chokeStrategy.ts';
import { MAX_SLOTS, UploadSlots } from './uploadSlots.ts';

/** A peer that is choked or unchoked. */
export interface Chokable {
  readonly address: { readonly host: string; readonly port: number };
  readonly state: {
    /** The peer is interested in us. */
    readonly interested: boolean;
    /** The peer chokes us. */
    readonly choked: boolean;
    /** We are interested in the peer. */
    readonly interesting: boolean;
    readonly downloaded: number;
    readonly uploaded: number;
  };
}

/** The decision about a peer, and its reason. */
export interface ChokeDecision {
  readonly type: 'choke' | 'unchoke';
  readonly reason: string;
}

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
/** Milliseconds without a block from a peer that has what we want. */
const SNUBBED_AFTER = 60_000;

/**
 * Decides which peers are unchoked. Depends on which are interested, on what each uploaded and downloaded, on `now`
 * (ms) and on the strategy. Between rounds a free slot goes to a peer that becomes interested, if the strategy shares
 * the rest or names the peer; no peer loses its slot, so none flaps. Invariants: at most `slots` peers are unchoked;
 * only members are; a peer that is not interested is choked in the next round.
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

  left(peer: P): void {
    this.#members.delete(peer);
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

interface Sample {
  readonly at: number;
  readonly downloaded: number;
  readonly uploaded: number;
}

/** One peer, and what it uploaded and downloaded. */
class Member<P extends Chokable> {
  readonly peer: P;
  readonly #tell: (decision: ChokeDecision) => void;
  /** The reason of the last decision. */
  told: string | undefined = undefined;
  /** Why it is served. */
  reason: string | undefined = undefined;
  /** When a strategy was last asked about it between rounds. */
  askedAt = -Infinity;
  readonly #joinedAt: number;
  #changedAt: number;
  #gaveAt: number;
  #uploaded: number;
  #samples: readonly Sample[];

  constructor(peer: P, now: number, tell: (decision: ChokeDecision) => void) {
    this.peer = peer;
    this.#tell = tell;
    this.#joinedAt = this.#changedAt = this.#gaveAt = now;
    this.#uploaded = peer.state.uploaded;
    this.#samples = [{ at: now, downloaded: peer.state.downloaded, uploaded: peer.state.uploaded }];
  }

  tells(decision: ChokeDecision): void {
    this.told = decision.reason;
    this.#tell(decision);
  }

  decide(reason: string | undefined, now: number): void {
    // An optimistic unchoke that becomes regular goes on; a regular one that becomes optimistic begins anew.
    if ((reason === undefined) !== (this.reason === undefined) || (reason === 'optimistic' && this.reason !== reason)) {
      this.#changedAt = now;
      this.#uploaded = this.peer.state.uploaded;
    }
    this.reason = reason;
  }

  /** Once a round. */
  measure(now: number): void {
    const { downloaded, uploaded } = this.peer.state;
    if (downloaded > (this.#samples.at(-1) as Sample).downloaded || !this.peer.state.interesting) this.#gaveAt = now;
    this.#samples = [...this.#samples.slice(-2), { at: now, downloaded, uploaded }];
  }

  snubs(now: number): boolean {
    return now - this.#gaveAt >= SNUBBED_AFTER;
  }

  contender(now: number): Contender {
    const [first, last] = [this.#samples[0] as Sample, this.#samples.at(-1) as Sample];
    const seconds = Math.max(1, last.at - first.at) / 1000;
    return {
      address: this.peer.address,
      served: this.reason,
      since: now - this.#changedAt,
      age: now - this.#joinedAt,
      gives: (last.downloaded - first.downloaded) / seconds,
      gets: (last.uploaded - first.uploaded) / seconds,
      got: this.peer.state.uploaded - this.#uploaded,
      snubs: this.snubs(now),
    };
  }
}
