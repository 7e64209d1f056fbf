import { addressKey } from '../../protocol/encoding/address.ts';
import type { NodeEndpoint } from '../../protocol/encoding/compact.ts';
import { compareDistance, equalIds } from '../../protocol/encoding/id.ts';
import { K } from './bucket.ts';
import { networkOf } from './networks.ts';

/** Questions in flight; one that is slow to be answered makes room for another one. */
export const ALPHA = 4;
/** Nodes known to one lookup; the farthest are forgotten. */
export const MAX_CANDIDATES = 256;
/** Nodes that one lookup asks. */
export const MAX_ASKED = 160;

/**
 * Nodes of one teller that may be asked before one of them has answered: a liar names eight, and nearer ones than there
 * are.
 */
export const TRUST = 2;
/** Tellers remembered of each candidate. */
const MAX_TELLERS = 3;

/** Somebody who named nodes: how many of them were asked, and how many have answered. */
interface Teller {
  asked: number;
  answered: number;
}

interface Candidate {
  readonly node: NodeEndpoint;
  readonly tellers: Teller[];
  /** Answers that it took to hear of this one. */
  readonly hops: number;
  state: 'fresh' | 'asked' | 'slow' | 'answered' | 'failed';
  token: Uint8Array | undefined;
}

/** A node that has answered, and the token that it gave us, if it did. */
export interface Answerer {
  readonly node: NodeEndpoint;
  readonly token: Uint8Array | undefined;
}

/**
 * Not asked for now, as all who named it have named others who don't answer. Those that we know ourselves have no
 * teller.
 */
const isHeld = ({ tellers }: Candidate): boolean =>
  tellers.length > 0 && tellers.every(({ asked, answered }) => answered === 0 && asked >= TRUST);

/** One more has named it, and is judged by it. */
const vouch = ({ tellers, state }: Candidate, teller: Teller): void => {
  tellers.push(teller);
  if (state !== 'fresh') teller.asked++;
  if (state === 'answered') teller.answered++;
};

/**
 * The walk towards an id: asks the nearest nodes known for nearer ones until the eight nearest have answered. Depends
 * on: who answered with what, who is slow, who failed, and who named them. Invariants: candidates are in the order of
 * their distance, at most 256, at most one of each network that has not failed; at most `alpha` are asked and not yet
 * slow; at most 160 are asked in all. BEP 5.
 */
export class Lookup {
  readonly target: Uint8Array;
  readonly #own: Uint8Array;
  readonly #alpha: number;
  readonly #candidates: Candidate[] = [];
  readonly #byKey = new Map<string, Candidate>();
  readonly #networks = new Set<string>();
  #inFlight = 0;
  #slow = 0;
  asked = 0;

  /** `own` is our id: we don't ask ourselves. */
  constructor(target: Uint8Array, own: Uint8Array, alpha = ALPHA) {
    this.target = target;
    this.#own = own;
    this.#alpha = alpha;
  }

  get known(): number {
    return this.#candidates.length;
  }

  /** Hops to the farthest-fetched of the nodes that were found. */
  get hops(): number {
    return Math.max(0, ...this.#nearest(({ state }) => state === 'answered').map(({ hops }) => hops));
  }

  add(nodes: readonly NodeEndpoint[]): void {
    for (const node of nodes) this.#add(node, 0);
  }

  /** Whom to ask now; they count as asked. */
  next(): readonly NodeEndpoint[] {
    const chosen: NodeEndpoint[] = [];
    while (this.#inFlight < this.#alpha && this.asked < MAX_ASKED) {
      // Afresh each time: whoever is asked may hold others back.
      const candidate = this.#top().find(({ state }) => state === 'fresh');
      if (!candidate) break;
      candidate.state = 'asked';
      for (const teller of candidate.tellers) teller.asked++;
      this.#inFlight++;
      this.asked++;
      chosen.push(candidate.node);
    }
    return chosen;
  }

  answered(node: NodeEndpoint, nodes: readonly NodeEndpoint[], token?: Uint8Array): void {
    const candidate = this.#ended(node, 'answered');
    if (!candidate) return;
    candidate.token = token;
    for (const each of candidate.tellers) each.answered++;
    const teller: Teller = { asked: 0, answered: 0 };
    for (const each of nodes) this.#add(each, candidate.hops + 1, teller);
  }

  /** It has not answered for a while, and may yet: somebody else is asked beside it. */
  slow(node: NodeEndpoint): void {
    const candidate = this.#byKey.get(addressKey(node));
    if (candidate?.state !== 'asked') return;
    candidate.state = 'slow';
    this.#inFlight--;
    this.#slow++;
  }

  failed(node: NodeEndpoint): void {
    const candidate = this.#ended(node, 'failed');
    const network = candidate && networkOf(node.host);
    if (network !== undefined) this.#networks.delete(network);
  }

  /** Have the eight nearest answered? Slow ones are waited for only if there are fewer. */
  get done(): boolean {
    const top = this.#top();
    const asksOn = this.asked < MAX_ASKED && top.some(({ state }) => state === 'fresh');
    return this.#inFlight === 0
      ? !asksOn && (top.length >= K || this.#slow === 0)
      : top.length >= K && top.every(({ state }) => state === 'answered');
  }

  /** Those who answered, the nearest first. */
  closest(count = K): readonly Answerer[] {
    return this.#nearest(({ state }) => state === 'answered', count);
  }

  check(): void {
    const inState = (...states: readonly Candidate['state'][]): number =>
      this.#candidates.filter(({ state }) => states.includes(state)).length;
    const sorted = this.#candidates.every(
      ({ node }, at) =>
        at === 0 || compareDistance(this.target, (this.#candidates[at - 1] as Candidate).node.id, node.id) <= 0,
    );
    const fails =
      !sorted ||
      this.known > MAX_CANDIDATES ||
      this.#byKey.size !== this.known ||
      inState('asked') !== this.#inFlight ||
      inState('slow') !== this.#slow ||
      this.#inFlight > this.#alpha ||
      this.asked > MAX_ASKED;
    if (fails) throw new Error('lookup: out of order');
  }

  /** The nearest of those from whom there is something to be expected soon. */
  #top(): readonly Candidate[] {
    return this.#nearest(
      (candidate) =>
        candidate.state !== 'failed' &&
        candidate.state !== 'slow' &&
        !(candidate.state === 'fresh' && isHeld(candidate)),
    );
  }

  #nearest(is: (candidate: Candidate) => boolean, count = K): readonly Candidate[] {
    const nearest: Candidate[] = [];
    for (const candidate of this.#candidates) {
      if (!is(candidate)) continue;
      nearest.push(candidate);
      if (nearest.length === count) break;
    }
    return nearest;
  }

  #ended(node: NodeEndpoint, state: 'answered' | 'failed'): Candidate | undefined {
    const candidate = this.#byKey.get(addressKey(node));
    if (candidate?.state !== 'asked' && candidate?.state !== 'slow') return undefined;
    if (candidate.state === 'asked') this.#inFlight--;
    else this.#slow--;
    candidate.state = state;
    return candidate;
  }

  #add(node: NodeEndpoint, hops: number, teller?: Teller): void {
    const network = networkOf(node.host);
    const known = this.#byKey.get(addressKey(node));
    if (known && teller && known.tellers.length > 0 && known.tellers.length < MAX_TELLERS) vouch(known, teller);
    if (known || equalIds(node.id, this.#own) || (network !== undefined && this.#networks.has(network))) return;
    const at = this.#placeOf(node.id);
    if (at >= MAX_CANDIDATES) return;
    const candidate: Candidate = { node, tellers: teller ? [teller] : [], hops, state: 'fresh', token: undefined };
    this.#candidates.splice(at, 0, candidate);
    this.#byKey.set(addressKey(node), candidate);
    if (network !== undefined) this.#networks.add(network);
    if (this.#candidates.length > MAX_CANDIDATES) this.#forgetFarthest();
  }

  #forgetFarthest(): void {
    // Whoever was asked may still answer.
    const at = this.#candidates.findLastIndex(({ state }) => state === 'fresh' || state === 'failed');
    const [forgotten] = this.#candidates.splice(at, 1);
    if (!forgotten) return;
    this.#byKey.delete(addressKey(forgotten.node));
    const network = networkOf(forgotten.node.host);
    if (network !== undefined && forgotten.state === 'fresh') this.#networks.delete(network);
  }

  #placeOf(id: Uint8Array): number {
    let [low, high] = [0, this.#candidates.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareDistance(this.target, (this.#candidates[middle] as Candidate).node.id, id) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
