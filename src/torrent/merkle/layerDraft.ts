import { latin1 } from '../../protocol/encoding/bencode.ts';
import type { HashesMessage, HashRange } from '../../protocol/peer/messages.ts';
import { HASH, pieceLevels } from '../metainfo/merkle.ts';
import type { Torrent } from '../metainfo/metainfo.ts';
import { hashedPieces } from '../metainfo/contentV2.ts';
import { type RangeSource, keyOf, type Range } from './rangeSource.ts';
import { isProved, MAX_RANGE, proofLength } from './layerTree.ts';

/** Milliseconds after which another peer is asked for the same. */
export const ASK_AGAIN = 5_000;

interface Chunk {
  readonly range: Range;
  /** Of the last request. */
  askedAt: number;
}

/**
 * The hashes of pieces that a magnet link's metadata lacks: which of them are asked for next, and what has come.
 * Depends on the roots in the metadata, which alone are trusted: each range is proved by itself. What is
 * missing is asked for at most once within {@link ASK_AGAIN}. BEP 52.
 */
export class LayerDraft implements RangeSource {
  readonly #torrent: Torrent;
  readonly #layers = new Map<string, Uint8Array>();
  readonly #missing = new Map<string, Chunk>();
  readonly #waiting = new Set<() => void>();

  constructor(torrent: Torrent) {
    this.#torrent = torrent;
    for (const { root, length } of torrent.files) {
      if (root === undefined || length <= torrent.pieceLength || this.#layers.has(latin1(root))) continue;
      const pieces = Math.ceil(length / torrent.pieceLength);
      this.#layers.set(latin1(root), new Uint8Array(pieces * HASH));
      const width = 2 ** Math.ceil(Math.log2(pieces));
      const size = Math.min(width, MAX_RANGE);
      const [base, proof] = [pieceLevels(torrent.pieceLength), Math.log2(width) - 1];
      for (let index = 0; index < pieces; index += size) {
        const range = { root, base, index, length: size, proof };
        this.#missing.set(keyOf(range), { range, askedAt: -Infinity });
      }
    }
  }

  get complete(): boolean {
    return this.#missing.size === 0;
  }

  /** The torrent with all its hashes; undefined as long as some are missing. */
  get torrent(): Torrent | undefined {
    if (!this.complete) return undefined;
    const known = Object.entries(this.#torrent).filter(([key]) => key !== 'lacksHashes');
    const torrent = Object.fromEntries(known) as unknown as Torrent;
    return { ...torrent, ...hashedPieces(torrent, ({ root }) => root && this.#layers.get(latin1(root))) };
  }

  /** What to ask a peer for now; undefined if others have just been asked for all that is missing. */
  next(now: number, may: (key: string) => boolean = () => true): HashRange<'hashRequest'> | undefined {
    for (const [key, chunk] of this.#missing) {
      if (now - chunk.askedAt < ASK_AGAIN || !may(key)) continue;
      chunk.askedAt = now;
      return { type: 'hashRequest', ...chunk.range };
    }
    return undefined;
  }

  /** A peer will not give it: others may be asked at once. */
  released(range: Range): void {
    const chunk = this.#missing.get(keyOf(range));
    if (chunk) chunk.askedAt = -Infinity;
  }

  /** `late` is what another peer has given in between. Only what has been asked for may be handed over. */
  received(message: HashesMessage): 'kept' | 'late' | 'wrong' {
    const { root, index, length, hashes } = message;
    const chunk = this.#missing.get(keyOf(message));
    if (hashes.length !== (length + proofLength(message)) * HASH) return 'wrong';
    if (chunk === undefined) return 'late';
    if (!isProved(root, message, hashes)) {
      this.released(message);
      return 'wrong';
    }
    const layer = this.#layers.get(latin1(root)) as Uint8Array;
    layer.set(hashes.subarray(0, Math.min(length * HASH, layer.length - index * HASH)), index * HASH);
    this.#missing.delete(keyOf(message));
    if (this.complete) for (const wake of [...this.#waiting]) wake();
    return 'kept';
  }

  /** `wake` is called when nothing is missing any more. Returns what ends that. */
  awaited(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => void this.#waiting.delete(wake);
  }
}
