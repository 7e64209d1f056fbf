import type { IpRanges } from './ipRanges.ts';

/**
 * Which addresses nothing is said to, and nothing is taken from: those in `blocked`, unless they are in `allowed`, too.
 *
 * @example
 * const { ranges } = parseRanges(readFileSync('ipfilter.dat'));
 * const env = nodeEnv({ blocklist: new Blocklist([ranges]) });
 */
export class Blocklist {
  readonly #blocked: readonly IpRanges[];
  readonly #allowed: readonly IpRanges[];

  constructor(blocked: readonly IpRanges[], allowed: readonly IpRanges[] = []) {
    this.#blocked = blocked;
    this.#allowed = allowed;
  }

  /** How many ranges are blocked. */
  get size(): number {
    return this.#blocked.reduce((sum, { size }) => sum + size, 0);
  }

  /** Is nothing to be said to this IP address? False for a name: its addresses are judged once they are known. */
  blocks(host: string): boolean {
    return this.#blocked.some((each) => each.has(host)) && !this.#allowed.some((each) => each.has(host));
  }
}
