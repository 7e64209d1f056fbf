import { interval, type MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { CheckedPiece } from '../src/contracts/peer.ts';
import { blockHashes, HASH } from '../src/torrent/metainfo/merkle.ts';
import { equalIds } from '../src/protocol/encoding/id.ts';
import { ASK_MORE, type LeafDraft } from '../src/torrent/merkle/leafDraft.ts';

/** After so many times as long a corrupt piece is passed on without knowing which of its blocks are wrong. */
const PATIENCE = 5;

/**
 * Finds out which blocks of a corrupt piece are wrong, by the hashes of blocks that peers give in version 2.
 *
 * ```
 * source  a-x------
 * draft   --x--M---   the hashes are asked for, and come
 * gives   a----x---   with `wrong`, the numbers of its wrong blocks
 * ```
 *
 * Stands between `verifyPieces` and `banLiars`, which then bans exactly the senders of these blocks; `writePieces`
 * keeps the others. Passes on at once what is valid, a piece from one peer only, which is known to have lied, and one
 * that cannot be examined. A piece whose hashes nobody gives within 5 s is passed on as it is. The piece keeps its
 * memory meanwhile. Completes when the source has, and all is passed on.
 *
 * @example
 * const draft = new LeafDraft(torrent); // peers are asked by `fetchLeaves(draft)`
 * checkedPieces$.pipe(
 *   findWrongBlocks(draft),
 *   banLiars({ book, expelled: expelled$ }),
 *   writePieces(storage, picker),
 * );
 *
 * @see BEP 52
 */
export const findWrongBlocks =
  (draft: LeafDraft): MonoTypeOperatorFunction<CheckedPiece> =>
  (pieces) =>
    new Observable((subscriber) => {
      const next = (piece: CheckedPiece): void => subscriber.next(piece);
      const error = (cause: unknown): void => subscriber.error(cause);
      let examined = 0;
      let over = false;
      const complete = (): void => void (over && examined === 0 && subscriber.complete());
      const passed = (): void => {
        examined--;
        complete();
      };
      const examine = (piece: CheckedPiece): void => {
        examined++;
        subscriber.add(examination(draft, piece).subscribe({ next, error, complete: passed }));
      };
      subscriber.add(
        pieces.subscribe({
          next: (piece) => (piece.valid || new Set(piece.from).size < 2 ? next(piece) : examine(piece)),
          error,
          complete: () => {
            over = true;
            complete();
          },
        }),
      );
    });

/** Emits the piece once. */
const examination = (draft: LeafDraft, piece: CheckedPiece): Observable<CheckedPiece> =>
  new Observable((subscriber) => {
    const pass = (checked: CheckedPiece): void => {
      subscriber.next(checked);
      subscriber.complete();
    };
    const size = draft.sizeOf(piece.index);
    const ended = draft.examine(piece.index, (leaves) => {
      const wrong = wrongOf(piece.bytes.subarray(0, size), leaves);
      // What is wrong is nothing of the file.
      pass(wrong.length > 0 ? { ...piece, wrong } : piece);
    });
    if (ended === undefined) return pass(piece);
    subscriber.add(ended);
    const look = (times: number): void => (times + 1 < PATIENCE ? draft.wake() : pass(piece));
    subscriber.add(interval(ASK_MORE).subscribe(look));
  });

const wrongOf = (bytes: Uint8Array, leaves: Uint8Array): readonly number[] => {
  const found = blockHashes(bytes);
  const wrong: number[] = [];
  for (let at = 0, block = 0; at < found.length; at += HASH, block++)
    if (!equalIds(found.subarray(at, at + HASH), leaves.subarray(at, at + HASH))) wrong.push(block);
  return wrong;
};
