import { networkOf } from './networks.ts';

/** Voters in a poll; the last ones count. */
export const MAX_VOTERS = 20;
/** Votes that an address needs, more than half of all. */
export const MAJORITY = 11;

/**
 * What address others see us at: they say so in their answers. Depends on: the last twenty votes, one of each network.
 * One liar, or many of one network, decide nothing. BEP 42.
 */
export class IpVotes {
  readonly #votes = new Map<string, string>();

  /** The address that most agree on after this vote, if that is so. */
  voted(voter: string, host: string): string | undefined {
    const network = networkOf(voter);
    // Local ones see us as nobody else does.
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
