import { MAX_INFO_BYTES } from '../metainfo/metainfo.ts';
import { MetadataAssembly } from './metadataAssembly.ts';
import type { Asked, MetadataSource } from './metadataPeer.ts';

/** Maximum number of bytes held in all assemblies together, whatever sizes are claimed. */
export const MAX_HELD = 4 * MAX_INFO_BYTES;
/** Maximum number of sizes remembered whose shared assembly was wrong. */
const MAX_DISPUTED = 1_000;

/**
 * The assemblies into which pieces from peers are put. Peers that claim the same size share one, unless a shared
 * assembly of that size was wrong: then each of them has its own. Depends on the peers, and on the sizes that they
 * claim.
 *
 * Invariants: at most {@link MAX_HELD} bytes are held; each shared assembly holds something, or a peer claims its size;
 * a peer's own assembly has the size that the peer claims.
 */
export class MetadataAssemblies {
  readonly #peers: ReadonlyMap<MetadataSource, Asked>;
  readonly #shared = new Map<number, MetadataAssembly<Asked>>();
  readonly #disputed = new Set<number>();

  /** `peers` is not copied, since it changes. */
  constructor(peers: ReadonlyMap<MetadataSource, Asked>) {
    this.#peers = peers;
  }

  /** The assembly that is nearest to completion, for the user. */
  get farthest(): { readonly bytes: number; readonly size: number } {
    let best = { bytes: 0, size: 0 };
    for (const { bytes, size } of this.#all()) if (bytes >= best.bytes) best = { bytes, size };
    return best;
  }

  /** The assembly that a peer contributes to. */
  of(peer: Asked): MetadataAssembly<Asked> {
    if (peer.own !== undefined) return peer.own;
    if (this.#disputed.has(peer.size)) return (peer.own = new MetadataAssembly(peer.size));
    const shared = this.#shared.get(peer.size) ?? new MetadataAssembly<Asked>(peer.size);
    this.#shared.set(peer.size, shared);
    return shared;
  }

  /**
   * To be called when a peer claims another size than before, or has left: its contributions to a shared assembly stay
   * there.
   */
  forget(peer: Asked, size: number): void {
    this.#shared.get(size)?.forget(peer);
  }

  /**
   * Splits a shared assembly that is wrong, since nobody knows which peer lied: from now on each peer has its own, with
   * what it gave.
   */
  split(assembly: MetadataAssembly<Asked>): void {
    if (this.#disputed.size >= MAX_DISPUTED) this.#disputed.clear();
    this.#disputed.add(assembly.size);
    this.#shared.delete(assembly.size);
    for (const each of this.#peers.values()) {
      if (each.size !== assembly.size) continue;
      each.own = new MetadataAssembly(each.size);
      for (const [piece, bytes] of assembly.forget(each)) each.own.put(piece, bytes, each);
    }
  }

  /** Removes the assembly of a size that no peer claims any more, and that holds nothing. */
  tidy(size: number): void {
    if (this.#shared.get(size)?.held === 0 && ![...this.#peers.values()].some((peer) => peer.size === size))
      this.#shared.delete(size);
  }

  /** As {@link tidy}, for every size. */
  tidyAll(): void {
    for (const size of this.#shared.keys()) this.tidy(size);
  }

  /** Makes room for `bytes`: empties the assembly that lacks most first, and never `spared`. */
  makeRoom(bytes: number, spared: MetadataAssembly<Asked>): void {
    for (;;) {
      let held = bytes;
      let farthest: MetadataAssembly<Asked> | undefined;
      for (const assembly of this.#all()) {
        held += assembly.bytes;
        if (assembly !== spared && assembly.held > 0 && assembly.missing > (farthest?.missing ?? -1))
          farthest = assembly;
      }
      if (held <= MAX_HELD || farthest === undefined) return;
      for (const who of farthest.givers) farthest.forget(who);
      this.tidy(farthest.size);
    }
  }

  /** Removes all assemblies. */
  clear(): void {
    this.#shared.clear();
  }

  *#all(): Generator<MetadataAssembly<Asked>> {
    yield* this.#shared.values();
    for (const { own } of this.#peers.values()) if (own !== undefined) yield own;
  }

  check(): void {
    let held = 0;
    for (const assembly of this.#all()) {
      assembly.check();
      held += assembly.bytes;
    }
    if (held > MAX_HELD) throw new RangeError(`${held} bytes of metadata held`);
    const claimed = new Set([...this.#peers.values()].map(({ size }) => size));
    for (const [size, shared] of this.#shared)
      if (shared.held === 0 && !claimed.has(size)) throw new RangeError(`an assembly of ${size}, and nobody claims it`);
    for (const { own, size } of this.#peers.values())
      if (own !== undefined && own.size !== size)
        throw new RangeError(`an assembly of ${own.size} for a claim of ${size}`);
  }
}
