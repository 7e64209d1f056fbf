import { parseIp } from '../../protocol/encoding/ip.ts';
import { PUBLIC, reachOf } from '../../protocol/encoding/reach.ts';
import type { Candidate } from './addressKeys.ts';
import { peerPriority } from './peerPriority.ts';

/**
 * Where others see us, and what follows for the order of others (BEP 40). Depends on the port on which we listen. One
 * address of each family at most.
 */
export class SeenAs {
  readonly #hosts = new Map<number, string>();
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** True if priorities are others from now on: the first address of each family counts, and only public ones. */
  add(host: string): boolean {
    const family = parseIp(host)?.length;
    if (family === undefined || this.#hosts.has(family) || reachOf(host) !== PUBLIC) return false;
    this.#hosts.set(family, host);
    return true;
  }

  /** 0 if unknown. */
  priorityOf(address: Candidate): number {
    const us = this.#hosts.size > 0 ? this.#hosts.get(parseIp(address.host)?.length ?? 0) : undefined;
    return us === undefined ? 0 : (peerPriority({ host: us, port: this.#port }, address) ?? 0);
  }
}
