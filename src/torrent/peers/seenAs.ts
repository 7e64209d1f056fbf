import { parseIp } from '../../protocol/encoding/ip.ts';
import { PUBLIC, reachOf } from '../../protocol/encoding/reach.ts';
import type { Candidate } from './addressKeys.ts';
import { peerPriority } from './peerPriority.ts';

/**
 * Our own addresses as others see them, and the priorities of other peers that follow from them (BEP 40). Depends on
 * the port on which we listen. Holds at most one address of each family.
 */
export class SeenAs {
  readonly #hosts = new Map<number, string>();
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** True if priorities have changed: only the first public address of each family counts. */
  add(host: string): boolean {
    const family = parseIp(host)?.length;
    if (family === undefined || this.#hosts.has(family) || reachOf(host) !== PUBLIC) return false;
    this.#hosts.set(family, host);
    return true;
  }

  /** The priority of a connection to an address; 0 if unknown. */
  priorityOf(address: Candidate): number {
    const us = this.#hosts.size > 0 ? this.#hosts.get(parseIp(address.host)?.length ?? 0) : undefined;
    return us === undefined ? 0 : (peerPriority({ host: us, port: this.#port }, address) ?? 0);
  }
}
