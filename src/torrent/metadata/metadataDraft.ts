import { equalIds, sha1 } from '../../protocol/encoding/id.ts';
import { METADATA_PIECE } from '../../protocol/peer/utMetadata.ts';
import { MAX_INFO_BYTES } from '../metainfo/metainfo.ts';
import { MetadataAssembly } from './metadataAssembly.ts';
import { Asked, type MetadataSource } from './metadataPeer.ts';

/** Requests in flight with one peer; one with a peer that has kept us waiting. */
export const MAX_ASKED = 4;
/**
 * Milliseconds after which others are asked, too; after which nothing is expected any more; silences in a row that are
 * borne with.
 */
export const OVERDUE = 1_000;
export const EXPIRES = 5_000;
export const MAX_SILENCES = 3;
/** Peers that are asked for a piece at one time, those that are overdue not counted. */
export const MAX_COPIES = 8;
/** Bytes of pieces held in all, whatever is claimed. */
export const MAX_HELD = 4 * MAX_INFO_BYTES;
/** Sizes that one peer may claim, one after the other. */
const MAX_CLAIMS = 3;
/** Sizes remembered of which a joint assembly was wrong. */
const MAX_DISPUTED = 1_000;

/**
 * What became of a piece: `wrong` and `unasked` are the peer's fault; `useless` is the first one of nobody knows how
 * many.
 */
export type Received = 'kept' | 'useless' | 'wrong' | 'unasked';

/**
 * Who is asked for which piece of an info dictionary, and what has come of it. Depends on what peers claim as its size,
 * on what they give, and on the info-hash, which is all that is believed.
 *
 * Peers that claim the same size share the work. If what they gave together has not the hash, one of them lied, and
 * nobody knows which: from then on each of them gives all of it on its own, beginning with what it gave before. What
 * one alone gave and has not the hash is its lie. So a liar costs the others one round, and no number of them can keep
 * an honest peer from being believed.
 *
 * Invariants: a piece is kept only if this very peer was asked for it; no more than {@link MAX_HELD} bytes are held.
 */
export class MetadataDraft {
  readonly #infoHash: Uint8Array;
  readonly #peers = new Map<MetadataSource, Asked>();
  /** All who wait for it, also those who can't be asked. */
  readonly #waiting = new Set<MetadataSource>();
  readonly #shared = new Map<number, MetadataAssembly<Asked>>();
  readonly #disputed = new Set<number>();
  #metadata: Uint8Array | undefined;
  #asking = false;

  constructor(infoHash: Uint8Array) {
    this.#infoHash = infoHash;
  }

  /** All of it, once it is there and has the hash. */
  get metadata(): Uint8Array | undefined {
    return this.#metadata;
  }

  /** Bytes held, for people: of the assembly that is farthest. */
  get gathered(): { readonly bytes: number; readonly size: number } {
    let best = { bytes: 0, size: 0 };
    for (const { bytes, size } of this.#assemblies()) if (bytes >= best.bytes) best = { bytes, size };
    return best;
  }

  /** Is told when it is there, whether it can be asked or not. */
  awaited(source: MetadataSource): void {
    this.#waiting.add(source);
  }

  /** A peer says of which size it is: it can be asked. False if that can't be, or is not the same often enough. */
  claims(source: MetadataSource, size: number, now: number): boolean {
    if (size > MAX_INFO_BYTES) return false;
    const peer = this.#known(source);
    if (peer.size === size) return true;
    if (++peer.claims > MAX_CLAIMS) return false;
    const before = peer.size;
    this.#shared.get(before)?.forget(peer);
    // The first piece is the first one of any size.
    if (before !== 0) {
      peer.inFlight.clear();
      peer.late.clear();
    }
    peer.own = undefined;
    peer.size = size;
    this.#tidy(before);
    this.refill(now);
    return true;
  }

  /**
   * A peer gives pieces, and does not say of which size all is: many have it, some do not have it yet themselves. It is
   * asked for the first one.
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

  /** A piece has come. `bytes` are copied. After `wrong` nothing that it gave counts. */
  received(
    source: MetadataSource,
    message: { readonly piece: number; readonly size?: number; readonly bytes: Uint8Array },
    now: number,
  ): Received {
    const peer = this.#peers.get(source);
    const { piece, size, bytes } = message;
    if (peer === undefined || (!peer.inFlight.delete(piece) && !peer.late.delete(piece))) return 'unasked';
    if (peer.size === 0) {
      // Where the message does not say it, only a piece that is not full does: it is all that there is.
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
    const assembly = this.#assemblyOf(peer);
    if ((size !== undefined && size !== peer.size) || bytes.length !== assembly.sizeOf(piece))
      return this.#wrong(peer, assembly);
    if (!assembly.has(piece)) {
      this.#makeRoom(bytes.length, assembly);
      // A Buffer's own `slice` would not copy.
      assembly.put(piece, new Uint8Array(bytes), peer);
      if (assembly.whole && this.#judge(assembly) === 'wrong') return this.#wrong(peer, assembly);
    }
    this.refill(now);
    return 'kept';
  }

  /** They don't give it: they are left alone for a while. */
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
    for (const size of this.#shared.keys()) this.#tidy(size);
    this.refill(now);
  }

  /** Nothing is kept of a size that nobody claims any more and nobody gave anything of. */
  #tidy(size: number): void {
    if (this.#shared.get(size)?.held === 0 && ![...this.#peers.values()].some((peer) => peer.size === size))
      this.#shared.delete(size);
  }

  /** Every second. False for a peer that has kept us waiting too often. */
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
    // Nothing says that a peer without a size has anything to give.
    if (expired && peer.size === 0) peer.putOff(now);
    else if (expired && ++peer.silences >= MAX_SILENCES) return false;
    this.refill(now);
    return true;
  }

  /** Now that it is there: did a peer claim or give anything else? */
  lied(source: MetadataSource): boolean {
    const peer = this.#peers.get(source);
    const truth = this.#metadata;
    if (peer === undefined || truth === undefined) return false;
    return (peer.size !== 0 && peer.size !== truth.length) || peer.own?.agrees(peer, truth) === false;
  }

  /** It is known from elsewhere, and has the hash. */
  adopt(metadata: Uint8Array): void {
    if (this.#metadata !== undefined) return;
    this.#metadata = metadata;
    this.#shared.clear();
    for (const source of [...this.#waiting]) if (this.#waiting.has(source)) source.whole(metadata);
  }

  /** Asks everyone who can be asked for what is missing. */
  refill(now: number): void {
    if (this.#asking || this.#metadata !== undefined) return;
    this.#asking = true;
    // Who has kept us waiting comes last.
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

  #assemblyOf(peer: Asked): MetadataAssembly<Asked> {
    if (peer.own !== undefined) return peer.own;
    if (this.#disputed.has(peer.size)) return (peer.own = new MetadataAssembly(peer.size));
    const shared = this.#shared.get(peer.size) ?? new MetadataAssembly<Asked>(peer.size);
    this.#shared.set(peer.size, shared);
    return shared;
  }

  #next(peer: Asked, now: number): number | undefined {
    if (peer.size === 0) return peer.inFlight.size === 0 ? 0 : undefined;
    const assembly = this.#assemblyOf(peer);
    const copies = peer.own === undefined ? this.#copies(peer.size, now) : undefined;
    let fewest: number | undefined;
    for (let piece = 0; piece < assembly.pieceCount; piece++) {
      if (assembly.has(piece) || peer.inFlight.has(piece)) continue;
      const asked = copies?.get(piece) ?? 0;
      if (asked === 0) return piece;
      if (asked < (fewest === undefined ? MAX_COPIES : (copies?.get(fewest) ?? 0))) fewest = piece;
    }
    // What others are being asked for already, but only one at a time: they may keep us waiting.
    for (const piece of peer.inFlight.keys()) if (!assembly.has(piece)) return undefined;
    return fewest;
  }

  /** Of how many each piece is being asked for, those that are overdue left out. */
  #copies(size: number, now: number): Map<number, number> {
    const copies = new Map<number, number>();
    for (const peer of this.#peers.values()) {
      if (peer.size !== size) continue;
      for (const [piece, at] of peer.inFlight) if (now - at < OVERDUE) copies.set(piece, (copies.get(piece) ?? 0) + 1);
    }
    return copies;
  }

  /** Is what is whole true? If several gave it, it is not known who lied. */
  #judge(assembly: MetadataAssembly<Asked>): 'true' | 'wrong' | 'disputed' {
    const metadata = assembly.joined();
    if (equalIds(sha1(metadata), this.#infoHash)) {
      this.adopt(metadata);
      return 'true';
    }
    if (assembly.givers.size === 1) return 'wrong';
    if (this.#disputed.size >= MAX_DISPUTED) this.#disputed.clear();
    this.#disputed.add(assembly.size);
    this.#shared.delete(assembly.size);
    for (const each of this.#peers.values()) {
      if (each.size !== assembly.size) continue;
      each.own = new MetadataAssembly(each.size);
      for (const [piece, bytes] of assembly.forget(each)) each.own.put(piece, bytes, each);
    }
    return 'disputed';
  }

  #wrong(peer: Asked, assembly: MetadataAssembly<Asked>): 'wrong' {
    assembly.forget(peer);
    this.#gone(peer);
    this.#tidy(assembly.size);
    return 'wrong';
  }

  #gone(peer: Asked): 'wrong' {
    this.#peers.delete(peer.source);
    this.#waiting.delete(peer.source);
    return 'wrong';
  }

  /** What has the most to come makes room. */
  #makeRoom(bytes: number, spared: MetadataAssembly<Asked>): void {
    for (;;) {
      let held = bytes;
      let farthest: MetadataAssembly<Asked> | undefined;
      for (const assembly of this.#assemblies()) {
        held += assembly.bytes;
        if (assembly !== spared && assembly.held > 0 && assembly.missing > (farthest?.missing ?? -1))
          farthest = assembly;
      }
      if (held <= MAX_HELD || farthest === undefined) return;
      for (const who of farthest.givers) farthest.forget(who);
      this.#tidy(farthest.size);
    }
  }

  *#assemblies(): Generator<MetadataAssembly<Asked>> {
    yield* this.#shared.values();
    for (const { own } of this.#peers.values()) if (own !== undefined) yield own;
  }

  check(): void {
    let held = 0;
    for (const { bytes } of this.#assemblies()) held += bytes;
    if (held > MAX_HELD) throw new RangeError(`${held} bytes of metadata held`);
    const claimed = new Set([...this.#peers.values()].map(({ size }) => size));
    for (const [size, shared] of this.#shared)
      if (shared.held === 0 && !claimed.has(size)) throw new RangeError(`an assembly of ${size}, and nobody claims it`);
    for (const peer of this.#peers.values()) {
      if (peer.inFlight.size > MAX_ASKED) throw new RangeError(`${peer.inFlight.size} requests in flight`);
      if (peer.own !== undefined && peer.own.size !== peer.size)
        throw new RangeError(`an assembly of ${peer.own.size} for a claim of ${peer.size}`);
    }
  }
}
