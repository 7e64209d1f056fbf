import { Observable, type OperatorFunction } from 'rxjs';
import type { Block, Peer, Piece } from '../src/contracts/peer.ts';
import type { PieceDrafts } from '../src/torrent/pieces/pieceDrafts.ts';

/**
 * Gathers blocks, in any order and of many pieces at once, into whole pieces.
 *
 * ```
 * source  -3-1-4-2-|
 * gives   -----b-a-|
 * ```
 *
 * Copies each block before it returns, the only copy there is. Whoever takes a piece releases it. The picker sees to it
 * that a block comes but once; a second copy is our own defect and errors.
 *
 * @example
 * blocks$.pipe(
 *   assemblePieces(drafts),
 *   tap(({ index }) => console.log(`piece ${index} is whole`)),
 * );
 */
export const assemblePieces =
  (drafts: PieceDrafts<Peer>): OperatorFunction<Block, Piece> =>
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
