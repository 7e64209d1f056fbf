import type { Contender } from './chokeStrategy.ts';

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

/** Milliseconds without a block from a peer that has what we want. */
const SNUBBED_AFTER = 60_000;

interface Sample {
  readonly at: number;
  readonly downloaded: number;
  readonly uploaded: number;
}

/** One peer, and what it uploaded and downloaded. */
export class Member<P extends Chokable> {
  readonly peer: P;
  readonly #tell: (decision: ChokeDecision) => void;
  /** The reason of the last decision. */
  told: string | undefined = undefined;
  /** Why it is served. */
  reason: string | undefined = undefined;
  /** When a strategy was last asked about it between rounds. */
  askedAt = -Infinity;
  readonly #joinedAt: number;
  /** When it was last choked or unchoked, or joined. */
  changedAt: number;
  #gaveAt: number;
  #uploaded: number;
  #samples: readonly Sample[];

  constructor(peer: P, now: number, tell: (decision: ChokeDecision) => void) {
    this.peer = peer;
    this.#tell = tell;
    this.#joinedAt = this.changedAt = this.#gaveAt = now;
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
      this.changedAt = now;
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

  /** It wants something and is not served. */
  waits(now: number): boolean {
    return this.peer.state.interested && this.reason === undefined && !this.snubs(now);
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
      since: now - this.changedAt,
      age: now - this.#joinedAt,
      gives: (last.downloaded - first.downloaded) / seconds,
      gets: (last.uploaded - first.uploaded) / seconds,
      got: this.peer.state.uploaded - this.#uploaded,
      snubs: this.snubs(now),
    };
  }
}
