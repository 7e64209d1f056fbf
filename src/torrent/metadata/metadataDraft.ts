import { equalIds, isTruncated, sha1, sha256 } from '../../protocol/encoding/id.ts';
import { METADATA_PIECE } from '../../protocol/peer/utMetadata.ts';
import { MAX_INFO_BYTES } from '../metainfo/metainfo.ts';
import { MetadataAssemblies } from './metadataAssemblies.ts';
import type { MetadataAssembly } from './metadataAssembly.ts';
import { Asked, type MetadataSource } from './metadataPeer.ts';

/** Maximum number of requests in flight with one peer; only one with a peer that has kept us waiting. */
export const MAX_ASKED = 4;
/**
 * Milliseconds after which other peers are asked, too; milliseconds after which no answer is expected any more; number
 * of unanswered requests in a row after which a peer is given up.
 */
export const OVERDUE = 1_000;
export const EXPIRES = 5_000;
export const MAX_SILENCES = 3;
/** Maximum number of peers that are asked for one piece at the same time; overdue ones are not counted. */
export const MAX_COPIES = 8;
/** Maximum number of sizes that one peer may claim, one after the other. */
const MAX_CLAIMS = 3;

/**
 * What became of a piece: `wrong` and `unasked` are the peer's fault. A piece is `useless` if it is the first one, and
 * the total size is still unknown.
 */
export type Received = 'kept' | 'useless' | 'wrong' | 'unasked';

/**
 * Decides which peer is asked for which piece of an info dictionary, and puts the pieces together. Depends on the sizes
 * that peers claim, on the pieces that they give, and on the info-hash, which alone is trusted.
 *
 * Peers that claim the same size share the work. If their joint result has the wrong hash, one of them lied, and nobody
 * knows which: from then on each of them has to give all pieces by itself; those that it gave before are kept. If the
 * pieces of a single peer have the wrong hash, that peer lied. So a liar costs the others one round, and no number of
 * liars can prevent one honest peer from succeeding.
 *
 * A piece is kept only if it was requested from the peer that sent it. Invariant: at most {@link MAX_ASKED} requests
 * are in flight with a peer, each for a piece that exists.
 */
export class MetadataDraft {
  readonly #infoHash: Uint8Array;
  readonly #infoHashV2: Uint8Array | undefined;
  readonly #peers = new Map<MetadataSource, Asked>();
  /** All sources that wait for the metadata, including those that cannot be asked. */
  readonly #waiting = new Set<MetadataSource>();
  readonly #assemblies = new MetadataAssemblies(this.#peers);
  #metadata: Uint8Array | undefined;
  #asking = false;

  /** With `infoHashV2`, if `infoHash` is but its beginning, SHA-256 has to be that (BEP 52). */
  constructor(infoHash: Uint8Array, infoHashV2?: Uint8Array) {
    this.#infoHash = infoHash;
    this.#infoHashV2 = isTruncated(infoHash, infoHashV2) ? infoHashV2 : undefined;
  }

  /** The info dictionary, once it is complete and has the right hash. */
  get metadata(): Uint8Array | undefined {
    return this.#metadata;
  }

  /** Bytes held of the assembly that is nearest to completion, for the user. */
  get gathered(): { readonly bytes: number; readonly size: number } {
    return this.#assemblies.farthest;
  }

  /** `source` is told when the metadata is there, whether it can be asked for pieces or not. */
  awaited(source: MetadataSource): void {
    this.#waiting.add(source);
  }

  /**
   * Records a peer's `metadata_size`: from now on it can be asked. False if the size is too large, or has changed too
   * often.
   */
  claims(source: MetadataSource, size: number, now: number): boolean {
    if (size > MAX_INFO_BYTES) return false;
    const peer = this.#known(source);
    if (peer.size === size) return true;
    if (++peer.claims > MAX_CLAIMS) return false;
    const before = peer.size;
    this.#assemblies.forget(peer, before);
    // A request for the first piece stays valid whatever the size.
    if (before !== 0) {
      peer.inFlight.clear();
      peer.late.clear();
    }
    peer.own = undefined;
    peer.size = size;
    this.#assemblies.tidy(before);
    this.refill(now);
    return true;
  }

  /**
   * A peer that offers metadata without its size is asked for the first piece, whose message tells the size. Some of
   * these peers do not have the metadata yet themselves.
   */
  unsized(source: MetadataSource, now: number): void {
    this.#known(source);
    this.refill(now);
  }

  #known(source: MetadataSource): Asked {
    const peer = this.#peers.get(source) ?? new Asked(source);
    this.#peers.set(source, peer);
    this.awaited(source);
    return peer;
  }

  /** A piece has arrived; `bytes` are copied. After `wrong` nothing that the peer gave counts. */
  received(
    source: MetadataSource,
    message: { readonly piece: number; readonly size?: number; readonly bytes: Uint8Array },
    now: number,
  ): Received {
    const peer = this.#peers.get(source);
    const { piece, size, bytes } = message;
    if (peer === undefined || (!peer.inFlight.delete(piece) && !peer.late.delete(piece))) return 'unasked';
    if (peer.size === 0) {
      // If the message does not tell the size, a piece that is not full does: it is the only one.
      const all = size ?? (bytes.length < METADATA_PIECE ? bytes.length : undefined);
      if (all === undefined) {
        peer.putOff(now);
        return 'useless';
      }
      if (all < bytes.length || all > MAX_INFO_BYTES) return this.#gone(peer);
      peer.size = all;
      peer.claims++;
    }
    peer.useful();
    const assembly = this.#assemblies.of(peer);
    if ((size !== undefined && size !== peer.size) || bytes.length !== assembly.sizeOf(piece))
      return this.#wrong(peer, assembly);
    if (!assembly.has(piece)) {
      this.#assemblies.makeRoom(bytes.length, assembly);
      // `Buffer.slice` would not copy.
      assembly.put(piece, new Uint8Array(bytes), peer);
      if (assembly.whole && this.#judge(assembly) === 'wrong') return this.#wrong(peer, assembly);
    }
    this.refill(now);
    return 'kept';
  }

  /** A peer refuses a piece: it is not asked for a while. */
  rejected(source: MetadataSource, piece: number, now: number): void {
    const peer = this.#peers.get(source);
    if (peer === undefined || (!peer.inFlight.delete(piece) && !peer.late.delete(piece))) return;
    peer.silences = 0;
    peer.putOff(now);
    this.refill(now);
  }

  left(source: MetadataSource, now: number): void {
    this.#waiting.delete(source);
    if (!this.#peers.delete(source)) return;
    this.#assemblies.tidyAll();
    this.refill(now);
  }

  /** To be called every second. False for a peer that has kept us waiting too often. */
  tick(source: MetadataSource, now: number): boolean {
    const peer = this.#peers.get(source);
    if (peer === undefined) return true;
    let expired = false;
    for (const [piece, at] of peer.inFlight) {
      if (now - at < EXPIRES) continue;
      peer.inFlight.delete(piece);
      peer.late.add(piece);
      expired = true;
    }
    // A peer without a size may have nothing to give.
    if (expired && peer.size === 0) peer.putOff(now);
    else if (expired && ++peer.silences >= MAX_SILENCES) return false;
    this.refill(now);
    return true;
  }

  /** Now that the metadata is known: did a peer claim another size, or give wrong pieces? */
  lied(source: MetadataSource): boolean {
    const peer = this.#peers.get(source);
    const truth = this.#metadata;
    if (peer === undefined || truth === undefined) return false;
    return (peer.size !== 0 && peer.size !== truth.length) || peer.own?.agrees(peer, truth) === false;
  }

  /** Takes metadata that is known from elsewhere; its hash is right. */
  adopt(metadata: Uint8Array): void {
    if (this.#metadata !== undefined) return;
    this.#metadata = metadata;
    this.#assemblies.clear();
    for (const source of [...this.#waiting]) if (this.#waiting.has(source)) source.whole(metadata);
  }

  /** Requests missing pieces from all peers that can be asked. */
  refill(now: number): void {
    if (this.#asking || this.#metadata !== undefined) return;
    this.#asking = true;
    // Peers that have kept us waiting come last.
    for (const peer of [...this.#peers.values()].toSorted((a, b) => a.silences - b.silences)) {
      const room = peer.silences > 0 ? 1 : MAX_ASKED;
      while (now >= peer.pausedUntil && peer.inFlight.size < room && this.#peers.has(peer.source)) {
        const piece = this.#next(peer, now);
        if (piece === undefined) break;
        peer.inFlight.set(piece, now);
        peer.source.ask(piece);
      }
    }
    this.#asking = false;
  }

  #next(peer: Asked, now: number): number | undefined {
    if (peer.size === 0) return peer.inFlight.size === 0 ? 0 : undefined;
    const assembly = this.#assemblies.of(peer);
    const copies = peer.own === undefined ? this.#copies(peer.size, now) : undefined;
    let fewest: number | undefined;
    for (let piece = 0; piece < assembly.pieceCount; piece++) {
      if (assembly.has(piece) || peer.inFlight.has(piece)) continue;
      const asked = copies?.get(piece) ?? 0;
      if (asked === 0) return piece;
      if (asked < (fewest === undefined ? MAX_COPIES : (copies?.get(fewest) ?? 0))) fewest = piece;
    }
    // A piece that others have been asked for is requested again only from a peer with nothing else in flight, one at a
    // time: that peer may keep us waiting.
    for (const piece of peer.inFlight.keys()) if (!assembly.has(piece)) return undefined;
    return fewest;
  }

  /** From how many peers each piece is currently requested, without overdue requests. */
  #copies(size: number, now: number): Map<number, number> {
    const copies = new Map<number, number>();
    for (const peer of this.#peers.values()) {
      if (peer.size !== size) continue;
      for (const [piece, at] of peer.inFlight) if (now - at < OVERDUE) copies.set(piece, (copies.get(piece) ?? 0) + 1);
    }
    return copies;
  }

  /**
   * Compares a complete assembly with the info-hash. `disputed` if it is wrong and several peers gave it, so that
   * nobody knows which one lied.
   */
  #judge(assembly: MetadataAssembly<Asked>): 'true' | 'wrong' | 'disputed' {
    const metadata = assembly.joined();
    const isRight = this.#infoHashV2
      ? equalIds(sha256(metadata), this.#infoHashV2)
      : equalIds(sha1(metadata), this.#infoHash);
    if (isRight) {
      this.adopt(metadata);
      return 'true';
    }
    if (assembly.givers.size === 1) return 'wrong';
    this.#assemblies.split(assembly);
    return 'disputed';
  }

  #wrong(peer: Asked, assembly: MetadataAssembly<Asked>): 'wrong' {
    assembly.forget(peer);
    this.#gone(peer);
    this.#assemblies.tidy(assembly.size);
    return 'wrong';
  }

  #gone(peer: Asked): 'wrong' {
    this.#peers.delete(peer.source);
    this.#waiting.delete(peer.source);
    return 'wrong';
  }

  check(): void {
    this.#assemblies.check();
    for (const peer of this.#peers.values()) {
      if (peer.inFlight.size > MAX_ASKED) throw new RangeError(`${peer.inFlight.size} requests in flight`);
      // A peer without a size is asked for the first piece.
      const pieces = Math.max(1, Math.ceil(peer.size / METADATA_PIECE));
      for (const piece of peer.inFlight.keys())
        if (piece < 0 || piece >= pieces) throw new RangeError(`piece ${piece} of ${pieces} is asked for`);
    }
  }
}
