import { addressKey } from '../../protocol/encoding/address.ts';
import { MAX_PEX_PEERS, type PexMessage, type PexPeer } from '../../protocol/peer/utPex.ts';

/** A peer that others are told of. */
export interface PresentPeer extends PexPeer {
  /** Its {@link addressKey}, made once for the histories of all peers. */
  readonly key?: string;
}

/**
 * The peers that one peer was told about. Depends only on what it was told before, and on which peers are present now.
 * What was added and not dropped since is what it knows from us.
 */
export class PexHistory {
  readonly #told = new Map<string, PresentPeer>();

  get size(): number {
    return this.#told.size;
  }

  /**
   * The next message to this peer, which counts as sent; undefined if there is nothing new. What does not fit is left
   * for the message after it.
   */
  news(present: Iterable<PresentPeer>): PexMessage | undefined {
    const added: PresentPeer[] = [];
    const here = new Set<string>();
    for (const peer of present) {
      const key = keyOf(peer);
      if (!here.has(key) && !this.#told.has(key) && added.length < MAX_PEX_PEERS) added.push(peer);
      here.add(key);
    }
    const dropped: PresentPeer[] = [];
    for (const [key, peer] of this.#told) {
      if (here.has(key)) continue;
      if (dropped.push(peer) >= MAX_PEX_PEERS) break;
    }
    for (const peer of dropped) this.#told.delete(keyOf(peer));
    for (const peer of added) this.#told.set(keyOf(peer), peer);
    return added.length + dropped.length > 0 ? { added, dropped } : undefined;
  }
}

const keyOf = (peer: PresentPeer): string => peer.key ?? addressKey(peer);
