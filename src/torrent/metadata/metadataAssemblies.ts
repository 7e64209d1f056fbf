import { MAX_INFO_BYTES } from '../metainfo/metainfo.ts';
import { MetadataAssembly } from './metadataAssembly.ts';
import type { Asked, MetadataSource } from './metadataPeer.ts';

/** Bytes of pieces held in all, whatever is claimed. */
export const MAX_HELD = 4 * MAX_INFO_BYTES;
/** Sizes remembered of which a joint assembly was wrong. */
const MAX_DISPUTED = 1_000;

/**
 * What the pieces that peers give are put together to: peers that claim the same size share an assembly, unless a
 * shared one of that size was wrong; then each of them has its own. Depends on the peers, and on the sizes that they
 * claim.
 *
 * Invariants: no more than {@link MAX_HELD} bytes are held; a shared assembly holds something, or a peer claims its
 * size; the assembly that a peer has for itself is of the size that it claims.
 */
export class MetadataAssemblies {
  readonly #peers: ReadonlyMap<MetadataSource, Asked>;
  readonly #shared = new Map<number, MetadataAssembly<Asked>>();
  readonly #disputed = new Set<number>();

  /** `peers` is not copied: it may change. */
  constructor(peers: ReadonlyMap<MetadataSource, Asked>) {
    this.#peers = peers;
  }

  /** The one that is farthest, for people. */
  get farthest(): { readonly bytes: number; readonly size: number } {
    let best = { bytes: 0, size: 0 };
    for (const { bytes, size } of this.#all()) if (bytes >= best.bytes) best = { bytes, size };
    return best;
  }

  /** The one that a peer gives to. */
  of(peer: Asked): MetadataAssembly<Asked> {
    if (peer.own !== undefined) return peer.own;
    if (this.#disputed.has(peer.size)) return (peer.own = new MetadataAssembly(peer.size));
    const shared = this.#shared.get(peer.size) ?? new MetadataAssembly<Asked>(peer.size);
    this.#shared.set(peer.size, shared);
    return shared;
  }

  /** A peer claims another size than before, or has left: nothing that it shared is its own. */
  forget(peer: Asked, size: number): void {
    this.#shared.get(size)?.forget(peer);
  }

  /** A shared one is wrong, and nobody knows who lied: from now on each peer is alone with what it gave. */
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

  /** Nothing is kept of a size that nobody claims any more and nobody gave anything of. */
  tidy(size: number): void {
    if (this.#shared.get(size)?.held === 0 && ![...this.#peers.values()].some((peer) => peer.size === size))
      this.#shared.delete(size);
  }

  /** As {@link tidy}, of every size. */
  tidyAll(): void {
    for (const size of this.#shared.keys()) this.tidy(size);
  }

  /** Room for as many bytes: what has the most to come is emptied first, and `spared` is not. */
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

  /** Nobody shares anything any more. */
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
