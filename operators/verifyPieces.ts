import { map, mergeMap, type OperatorFunction } from 'rxjs';
import type { CheckedPiece, Piece, Verify } from '../src/env.ts';

/**
 * Compares each piece with the hash its torrent promises; a bad piece is a value, not an error.
 *
 * ```
 * source  a-b----
 * gives   --a-b--   each with `valid`
 * ```
 *
 * Pieces come out in the order in which they are checked. At most `concurrency` are with `verify` at a time; what waits is
 * bounded by the memory that pieces may have.
 *
 * @see BEP 3
 */
export const verifyPieces =
  (verify: Verify, concurrency: number = Infinity): OperatorFunction<Piece, CheckedPiece> =>
  (pieces) =>
    pieces.pipe(
      mergeMap(
        (piece) =>
          verify(piece).pipe(
            map((valid): CheckedPiece => ({ index: piece.index, bytes: piece.bytes, from: piece.from, valid, release: () => piece.release() })),
          ),
        concurrency,
      ),
    );
