import { addressKey } from '../../protocol/encoding/address.ts';
import { type Candidate, hostOf, remember } from './addressKeys.ts';

/** Bans remembered, and addresses of our own: the oldest ones are forgotten first. */
const MAX_BANS = 10_000;
const MAX_SELVES = 100;

/**
 * Addresses that are never dialled: those of banned hosts, and our own. Invariant: no more are remembered than
 * {@link MAX_BANS} and {@link MAX_SELVES}.
 */
export class Exclusions {
  readonly #bans = new Set<string>();
  readonly #selves = new Set<string>();

  /** Hosts that are banned. */
  get banned(): number {
    return this.#bans.size;
  }

  /** `host` is one as {@link hostOf} has it. */
  ban(host: string): void {
    remember(this.#bans, host, MAX_BANS);
  }

  isBanned(address: Candidate): boolean {
    return this.#bans.has(hostOf(address));
  }

  /** We have been at the other end ourselves. */
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
