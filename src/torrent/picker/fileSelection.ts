import type { Bitfield } from '../bitfield.ts';
import type { Geometry } from '../geometry.ts';
import type { Torrent } from '../metainfo/metainfo.ts';
import { selects, type Span, unselected } from '../metainfo/selection.ts';

/** Bytes and pieces of what is wanted. */
export interface Amount {
  readonly bytes: number;
  readonly pieces: number;
}

/**
 * The files of one torrent that are wanted, and what that means for its pieces. A piece is wanted if a wanted file has
 * a byte in it; of its bytes those of wanted files count. A value: nothing in it changes. BEP 53.
 */
export class FileSelection {
  /** Is a file, by its number from 0, wanted? */
  readonly wants: (file: number) => boolean;
  /** The pieces without a byte of a wanted file. */
  readonly excluded: readonly number[];
  /** Wanted files. Padding is none. */
  readonly files: number;
  /** All that is wanted. */
  readonly total: Amount;
  readonly #geometry: Geometry;
  /** Of each piece; undefined if everything is wanted. */
  readonly #bytes: Float64Array | undefined;

  constructor(torrent: Pick<Torrent, 'files'>, geometry: Geometry, spans?: readonly Span[]) {
    this.wants = selects(spans);
    this.#geometry = geometry;
    this.excluded = unselected(torrent, geometry, spans);
    this.files = torrent.files.filter(({ padding }, file) => !padding && this.wants(file)).length;
    this.#bytes = spans && wantedBytes(torrent, geometry, this.wants);
    const pieces = geometry.pieceCount - this.excluded.length;
    this.total = { bytes: this.#bytes?.reduce((sum, bytes) => sum + bytes, 0) ?? geometry.total, pieces };
  }

  /** What of it is in `stored`. */
  in(stored: Bitfield): Amount {
    if (stored.count === 0) return { bytes: 0, pieces: 0 };
    const { pieceCount } = this.#geometry;
    if (this.#bytes === undefined) return { bytes: this.#geometry.bytesOf(stored), pieces: stored.count };
    let [bytes, pieces] = [0, 0];
    for (let piece = 0; piece < pieceCount; piece++) {
      const wanted = this.#bytes[piece] as number;
      if (wanted === 0 || !stored.has(piece)) continue;
      bytes += wanted;
      pieces++;
    }
    return { bytes, pieces };
  }
}

const wantedBytes = (
  { files }: Pick<Torrent, 'files'>,
  { pieceCount, pieceLength }: Geometry,
  wants: (file: number) => boolean,
): Float64Array => {
  const bytes = new Float64Array(pieceCount);
  for (const [file, { offset, length }] of files.entries()) {
    if (!wants(file)) continue;
    for (let at = offset; at < offset + length; ) {
      const piece = Math.floor(at / pieceLength);
      const end = Math.min(offset + length, (piece + 1) * pieceLength);
      bytes[piece] = (bytes[piece] as number) + end - at;
      at = end;
    }
  }
  return bytes;
};
