import { Observable, type OperatorFunction } from 'rxjs';
import type { Block, Piece, Provider } from '../src/contracts/peer.ts';
import type { PieceDrafts } from '../src/torrent/pieces/pieceDrafts.ts';

/**
 * Gathers blocks, in any order and of many pieces at once, into whole pieces.
 *
 * ```
 * source  -3-1-4-2-|
 * gives   -----b-a-|
 * ```
 *
 * Each block is copied before `next` returns, and only once. The operator that takes a piece releases it. The picker
 * ensures that a block comes only once; a second copy is our own defect and errors.
 *
 * @example
 * blocks$.pipe(
 *   assemblePieces(drafts),
 *   tap(({ index }) => console.log(`piece ${index} is whole`)),
 * );
 */
export const assemblePieces =
  (drafts: PieceDrafts<Provider>): OperatorFunction<Block, Piece> =>
  (blocks) =>
    new Observable((subscriber) =>
      blocks.subscribe({
        next: (block) => {
          let piece: Piece | undefined;
          try {
            piece = drafts.add(block);
          } catch (error) {
            subscriber.error(error);
          }
          if (piece !== undefined) subscriber.next(piece);
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
