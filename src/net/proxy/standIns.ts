import { formatIp, parseIp } from '../../protocol/encoding/ip.ts';

/** Networks for examples in texts, in which no host is (RFC 5737). */
const NETWORKS: readonly (readonly number[])[] = [
  [192, 0, 2],
  [198, 51, 100],
  [203, 0, 113],
];
/** How many names have a stand-in at one time; the one that was used longest ago is forgotten. */
export const MAX_NAMES = NETWORKS.length * 254;

/**
 * Addresses that stand for names. Code that looks a name up behind a proxy is given one of these instead of an answer
 * of the DNS, and what is sent there goes to the proxy with the name. Depends on which names were asked for. Invariant:
 * a name has one address, and an address one name.
 */
export class StandIns {
  readonly #names = new Map<string, string>();
  readonly #addresses = new Map<string, string>();

  /** The address that stands for a name; an address stands for itself. */
  of(host: string): string {
    if (parseIp(host) !== undefined || host.includes('%')) return host;
    const name = host.toLowerCase();
    const known = this.#addresses.get(name);
    const address = known ?? this.#free();
    this.#addresses.delete(name);
    this.#addresses.set(name, address);
    this.#names.set(address, name);
    return address;
  }

  /** The name that an address stands for; any other address is itself. */
  meant(address: string): string {
    return this.#names.get(address) ?? address;
  }

  readonly has = (address: string): boolean => this.#names.has(address);

  #free(): string {
    const count = this.#addresses.size;
    if (count < MAX_NAMES)
      return formatIp(Uint8Array.of(...(NETWORKS[Math.floor(count / 254)] ?? []), (count % 254) + 1));
    const [oldest] = this.#addresses;
    this.#addresses.delete(oldest?.[0] ?? '');
    return oldest?.[1] ?? '';
  }

  check(): void {
    if (this.#addresses.size > MAX_NAMES) throw new RangeError(`${this.#addresses.size} names have a stand-in`);
    for (const [name, address] of this.#addresses)
      if (this.#names.get(address) !== name) throw new RangeError(`${address} stands for another name than ${name}`);
  }
}
