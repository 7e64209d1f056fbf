import { equalIds, sha1 } from '../../protocol/encoding/id.ts';
import { METADATA_PIECE } from '../../protocol/peer/utMetadata.ts';
import { MAX_INFO_BYTES } from '../metainfo/metainfo.ts';
import { MetadataAssemblies } from './metadataAssemblies.ts';
import type { MetadataAssembly } from './metadataAssembly.ts';
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
/** Sizes that one peer may claim, one after the other. */
const MAX_CLAIMS = 3;

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
 * A piece is kept only if this very peer was asked for it. Invariant: no more than {@link MAX_ASKED} requests are in
 * flight with a peer, each for a piece that there is.
 */
export class MetadataDraft {
  readonly #infoHash: Uint8Array;
  readonly #peers = new Map<MetadataSource, Asked>();
  /** All who wait for it, also those who can't be asked. */
  readonly #waiting = new Set<MetadataSource>();
  readonly #assemblies = new MetadataAssemblies(this.#peers);
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
    return this.#assemblies.farthest;
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
    this.#assemblies.forget(peer, before);
    // The first piece is the first one of any size.
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
    const assembly = this.#assemblies.of(peer);
    if ((size !== undefined && size !== peer.size) || bytes.length !== assembly.sizeOf(piece))
      return this.#wrong(peer, assembly);
    if (!assembly.has(piece)) {
      this.#assemblies.makeRoom(bytes.length, assembly);
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
    this.#assemblies.tidyAll();
    this.refill(now);
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
    this.#assemblies.clear();
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
      // Of a peer without a size the first piece is asked.
      const pieces = Math.max(1, Math.ceil(peer.size / METADATA_PIECE));
      for (const piece of peer.inFlight.keys())
        if (piece < 0 || piece >= pieces) throw new RangeError(`piece ${piece} of ${pieces} is asked for`);
    }
  }
}
