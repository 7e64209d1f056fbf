import { addressKey } from '../../protocol/encoding/address.ts';
import type { NodeEndpoint } from '../../protocol/encoding/compact.ts';
import { compareDistance, equalIds } from '../../protocol/encoding/id.ts';
import { K } from './bucket.ts';
import { networkOf } from './networks.ts';

/** Maximum number of queries in flight; a slow one makes room for another. */
export const ALPHA = 4;
/** Maximum number of nodes that one lookup knows; the farthest are forgotten. */
export const MAX_CANDIDATES = 256;
/** Maximum number of nodes that one lookup asks. */
export const MAX_ASKED = 160;

/**
 * Maximum number of nodes named by one node that are asked before one of them has answered: a liar names eight, and
 * closer ones than exist.
 */
export const TRUST = 2;
/** Maximum number of sources remembered for each candidate. */
const MAX_TELLERS = 3;

/** A node that has named others: how many of them were asked, and how many have answered. */
interface Teller {
  asked: number;
  answered: number;
}

interface Candidate {
  readonly node: NodeEndpoint;
  readonly tellers: Teller[];
  /** Number of answers that led to this node. */
  readonly hops: number;
  state: 'fresh' | 'asked' | 'slow' | 'answered' | 'failed';
  token: Uint8Array | undefined;
}

/** A node that has answered, and its token, if it gave us one. */
export interface Answerer {
  readonly node: NodeEndpoint;
  readonly token: Uint8Array | undefined;
}

/**
 * Is a candidate held back because all nodes that named it have named others that do not answer? Nodes from our own
 * table have no source.
 */
const isHeld = ({ tellers }: Candidate): boolean =>
  tellers.length > 0 && tellers.every(({ asked, answered }) => answered === 0 && asked >= TRUST);

/** One more node has named the candidate, and is judged by it. */
const vouch = ({ tellers, state }: Candidate, teller: Teller): void => {
  tellers.push(teller);
  if (state !== 'fresh') teller.asked++;
  if (state === 'answered') teller.answered++;
};

/**
 * An iterative lookup: asks the nearest known nodes for nearer ones until the eight nearest have answered. Depends on
 * the answers, on which nodes are slow or have failed, and on which node named which. Invariants: candidates are sorted
 * by distance, at most 256, and at most one from each network that has not failed; at most `alpha` queries are in
 * flight and not slow; at most 160 nodes are asked in all. BEP 5.
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

  /** `own` is our id: we do not ask ourselves. */
  constructor(target: Uint8Array, own: Uint8Array, alpha = ALPHA) {
    this.target = target;
    this.#own = own;
    this.#alpha = alpha;
  }

  get known(): number {
    return this.#candidates.length;
  }

  /** The largest number of hops to a node that was found. */
  get hops(): number {
    return Math.max(0, ...this.#nearest(({ state }) => state === 'answered').map(({ hops }) => hops));
  }

  add(nodes: readonly NodeEndpoint[]): void {
    for (const node of nodes) this.#add(node, 0);
  }

  /** The nodes to ask now; they count as asked. */
  next(): readonly NodeEndpoint[] {
    const chosen: NodeEndpoint[] = [];
    while (this.#inFlight < this.#alpha && this.asked < MAX_ASKED) {
      // Computed anew each time: asking a node may hold others back.
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

  /** The node has not answered for a while, but still may: another one is asked in the meantime. */
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

  /** Have the eight nearest nodes answered? Slow ones are waited for only if there are fewer. */
  get done(): boolean {
    const top = this.#top();
    const asksOn = this.asked < MAX_ASKED && top.some(({ state }) => state === 'fresh');
    return this.#inFlight === 0
      ? !asksOn && (top.length >= K || this.#slow === 0)
      : top.length >= K && top.every(({ state }) => state === 'answered');
  }

  /** The nodes that have answered, the nearest first. */
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

  /** The nearest candidates from which an answer can be expected soon. */
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
    // A node that was asked may still answer.
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
