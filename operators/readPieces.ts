import { map, mergeMap, Observable, type OperatorFunction } from 'rxjs';
import type { Piece } from '../src/contracts/peer.ts';
import type { Storage } from '../src/contracts/storage.ts';
import type { Geometry } from '../src/torrent/geometry.ts';
import type { PieceBuffers } from '../src/torrent/pieces/pieceDrafts.ts';

/** Pieces read at once. */
export const READS_IN_FLIGHT = 4;

/**
 * Reads pieces from disk, by their indices.
 *
 * ```
 * source  (01)----
 * gives   --(ab)--
 * ```
 *
 * Missing bytes of a short or missing file read as zeros, so that the hash decides. Each piece is in a buffer of the
 * pool until it is released; at most {@link READS_IN_FLIGHT} are read at once, so feed it no faster than pieces are
 * released.
 *
 * @example
 * const buffers = new PieceBuffers(geometry.pieceLength);
 * of(0, 1).pipe(readPieces(storage, geometry, buffers), verifyPieces(env.verify(torrent)));
 */
export const readPieces =
  (
    storage: Pick<Storage, 'read'>,
    geometry: Geometry,
    buffers: Pick<PieceBuffers, 'take' | 'give'>,
  ): OperatorFunction<number, Piece> =>
  (indices) =>
    indices.pipe(
      mergeMap(
        (index) =>
          new Observable<Piece>((subscriber) => {
            const buffer = buffers.take();
            const bytes = buffer.subarray(0, geometry.pieceSize(index));
            let given = false;
            const release = (): void => {
              if (!given) buffers.give(buffer);
              given = true;
            };
            const piece: Piece = { index, bytes, from: [], release };
            let emitted = false;
            subscriber.add(() => {
              if (!emitted) release();
            });
            subscriber.add(
              storage
                .read(geometry.pieceOffset(index), bytes)
                .pipe(
                  map((length) => {
                    bytes.fill(0, length);
                    emitted = true;
                    return piece;
                  }),
                )
                .subscribe(subscriber),
            );
          }),
        READS_IN_FLIGHT,
      ),
    );
