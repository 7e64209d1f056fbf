import { Observable, type OperatorFunction } from 'rxjs';
import type { CheckedPiece, Piece } from '../src/contracts/peer.ts';
import type { Verify } from '../src/contracts/storage.ts';

/**
 * Compares each piece with the hash its torrent promises; a bad piece is a value, not an error.
 *
 * ```
 * source  a-b----
 * gives   --a-b--   each with `valid`
 * ```
 *
 * Pieces come out in the order in which they are checked. At most `concurrency` are passed to `verify` at once; the
 * number of waiting pieces is bounded by the memory for pieces.
 *
 * Not `mergeMap`: there are thousands of pieces, and what `mergeMap` creates for each costs more than to compare a
 * digest that is already computed.
 *
 * @example
 * pieces$.pipe(
 *   verifyPieces(env.verify(torrent)),
 *   tap(({ index, valid }) => console.log(`piece ${index} is ${valid ? 'right' : 'wrong'}`)),
 * );
 *
 * @see BEP 3
 */
export const verifyPieces =
  (verify: Verify, concurrency: number = Infinity): OperatorFunction<Piece, CheckedPiece> =>
  (pieces) =>
    new Observable((subscriber) => {
      const waiting: Piece[] = [];
      let checking = 0;
      let over = false;
      const error = (cause: unknown): void => subscriber.error(cause);
      const tell = (piece: Piece, valid: boolean): void => {
        const { index, bytes, from, keep } = piece;
        subscriber.next({ index, bytes, from, valid, release: () => piece.release(), keep });
      };
      const check = (piece: Piece): void => {
        try {
          const answer = verify(piece);
          if (typeof answer === 'boolean') tell(piece, answer);
          else waitFor(piece, answer);
        } catch (defect) {
          error(defect);
        }
      };
      const waitFor = (piece: Piece, answer: Observable<boolean>): void => {
        checking++;
        const complete = (): void => {
          checking--;
          while (checking < concurrency && waiting.length > 0 && !subscriber.closed) check(waiting.shift() as Piece);
          if (over && checking === 0) subscriber.complete();
        };
        subscriber.add(answer.subscribe({ next: (valid) => tell(piece, valid), error, complete }));
      };
      subscriber.add(
        pieces.subscribe({
          next: (piece) => void (checking < concurrency ? check(piece) : waiting.push(piece)),
          error,
          complete: () => {
            over = true;
            if (checking === 0) subscriber.complete();
          },
        }),
      );
    });
