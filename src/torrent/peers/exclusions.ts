import { addressKey } from '../../protocol/encoding/address.ts';
import { type Candidate, hostOf, remember } from './addressKeys.ts';

/** Maximum number of bans and of own addresses that are remembered; the oldest are forgotten first. */
const MAX_BANS = 10_000;
const MAX_SELVES = 100;

/**
 * Addresses that are never dialled: those of banned hosts, and our own. Invariant: at most {@link MAX_BANS} and {@link
 * MAX_SELVES} are remembered.
 */
export class Exclusions {
  readonly #bans = new Set<string>();
  readonly #selves = new Set<string>();

  /** Number of banned hosts. */
  get banned(): number {
    return this.#bans.size;
  }

  /** Bans a `host` as {@link hostOf} returns it. */
  ban(host: string): void {
    remember(this.#bans, host, MAX_BANS);
  }

  isBanned(address: Candidate): boolean {
    return this.#bans.has(hostOf(address));
  }

  /** Remembers an address at which we have reached ourselves. */
  addSelf(address: Candidate): void {
    remember(this.#selves, addressKey(address), MAX_SELVES);
  }

  isSelf(address: Candidate): boolean {
    return this.#selves.has(addressKey(address));
  }

  check(): void {
    if (this.#bans.size > MAX_BANS || this.#selves.size > MAX_SELVES)
      throw new RangeError(`${this.#bans.size} bans, and ${this.#selves.size} addresses of our own`);
  }
}
