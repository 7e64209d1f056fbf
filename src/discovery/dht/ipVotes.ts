import { networkOf } from './networks.ts';

/** Number of votes that count: the most recent ones. */
export const MAX_VOTERS = 20;
/** Number of votes that an address needs: more than half. */
export const MAJORITY = 11;

/**
 * Our address as other nodes see it, which they tell in their answers. Depends on the last twenty votes, one from each
 * network, so that one liar, or many in one network, cannot decide. BEP 42.
 */
export class IpVotes {
  readonly #votes = new Map<string, string>();

  /** Adds a vote. Returns the address that a majority agrees on, if there is one. */
  voted(voter: string, host: string): string | undefined {
    const network = networkOf(voter);
    // Local nodes see us at an address that no other node sees.
    if (network === undefined || networkOf(host) === undefined) return undefined;
    this.#votes.delete(network);
    this.#votes.set(network, host);
    const [oldest] = this.#votes.keys();
    if (this.#votes.size > MAX_VOTERS && oldest !== undefined) this.#votes.delete(oldest);
    let count = 0;
    for (const each of this.#votes.values()) if (each === host) count++;
    return count >= MAJORITY ? host : undefined;
  }

  clear(): void {
    this.#votes.clear();
  }
}
