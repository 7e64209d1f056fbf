import { addressKey } from '../../protocol/encoding/address.ts';
import type { Endpoint } from '../../protocol/encoding/compact.ts';
import { MAX_PEX_PEERS, type PexMessage, type PexPeer } from '../../protocol/peer/utPex.ts';

/**
 * The peers that one peer was told about. Depends only on what it was told before, and on which peers are present now.
 * What was added and not dropped since is what it knows from us.
 */
export class PexHistory {
  readonly #told = new Map<string, Endpoint>();

  get size(): number {
    return this.#told.size;
  }

  /**
   * The next message to this peer, which counts as sent; undefined if there is nothing new. What does not fit is left
   * for the message after it.
   */
  news(present: Iterable<PexPeer>): PexMessage | undefined {
    const added: PexPeer[] = [];
    const here = new Set<string>();
    for (const peer of present) {
      const key = addressKey(peer);
      if (!here.has(key) && !this.#told.has(key) && added.length < MAX_PEX_PEERS) added.push(peer);
      here.add(key);
    }
    const dropped: Endpoint[] = [];
    for (const [key, peer] of this.#told) {
      if (here.has(key)) continue;
      if (dropped.push(peer) >= MAX_PEX_PEERS) break;
    }
    for (const peer of dropped) this.#told.delete(addressKey(peer));
    for (const { host, port } of added) this.#told.set(addressKey({ host, port }), { host, port });
    return added.length + dropped.length > 0 ? { added, dropped } : undefined;
  }
}
