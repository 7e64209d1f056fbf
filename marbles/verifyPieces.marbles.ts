import { NEVER, Subject, map, of, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { verifyPieces } from '../operators/verifyPieces.ts';
import type { Piece } from '../src/contracts/peer.ts';
import type { Verify } from '../src/contracts/storage.ts';
import { drawn } from './index.ts';

const piece = (index: number, release: () => void = () => {}): Piece => ({
  index,
  bytes: Uint8Array.of(index),
  from: [],
  release,
});
const pieces = { a: piece(0), b: piece(1), c: piece(2) };
/** Piece 1 is corrupt; each takes as long as `takes` says. */
const slowly =
  (...takes: readonly number[]): Verify =>
  ({ index }) =>
    timer(takes[index] ?? 1).pipe(map(() => index !== 1));

describe('verifyPieces', () => {
  it(
    'says of each piece whether it is what the torrent promises',
    drawn(({ cold, gives }) => {
      const source = cold('a-b----', pieces);
      const checked = '    --a-x--';
      gives(source.pipe(verifyPieces(slowly(2, 2)))).toBe(checked);
    }),
  );

  it(
    'says so at once of a piece of which that is known at once, unless others are being checked',
    drawn(({ cold, gives }) => {
      const known: Verify = (piece) => (piece.index === 0 ? slowly(4)(piece) : piece.index === 2);
      const source = cold('b-cab-c-------b--|', pieces);
      gives(source.pipe(verifyPieces(known))).toBe('x-c-x-ca------x--|');
      gives(source.pipe(verifyPieces(known, 1))).toBe('x-c----(axc)--x--|');
    }),
  );

  it(
    'gives them in the order in which they are checked',
    drawn(({ cold, gives }) => {
      const source = cold('abc|', pieces);
      const checked = '   ---c-x--(a|)';
      gives(source.pipe(verifyPieces(slowly(8, 4, 1)))).toBe(checked);
    }),
  );

  it(
    'checks no more than so many at a time',
    drawn(({ cold, gives }) => {
      const source = cold('abc|', pieces);
      const checked = '   -----x---a-(c|)';
      gives(source.pipe(verifyPieces(slowly(9, 4, 6), 2))).toBe(checked);
    }),
  );

  it(
    'waits, ends and fails with the source',
    drawn(({ cold, gives }) => {
      const verify = verifyPieces(slowly());
      gives(NEVER.pipe(verify)).toBe('-');
      gives(cold<Piece>('|').pipe(verify)).toBe('|');
      gives(cold('a|', pieces).pipe(verify)).toBe('-(a|)');
      gives(cold('a-#', pieces).pipe(verify)).toBe('-a#');
    }),
  );

  it(
    'fails when nothing can be verified',
    drawn(({ cold, gives }) => {
      gives(cold('-a-', pieces).pipe(verifyPieces(() => cold('--#')))).toBe('---#');
      const defect = new RangeError('drawn');
      const defective: Verify = () => {
        throw defect;
      };
      gives(cold('-a-', pieces).pipe(verifyPieces(defective))).toBe('-#', {}, defect);
    }),
  );

  it(
    'asks no longer when it is left',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const source = cold('a------', pieces);
      const answer = cold('-----t|', { t: true });
      gives(source.pipe(verifyPieces(() => answer)), '^--!').toBe('');
      expectSubscriptions(source.subscriptions).toBe('^--!');
      expectSubscriptions(answer.subscriptions).toBe('^--!');
    }),
  );

  it('passes the bytes on as they are, and the release', () => {
    let released = 0;
    const whole = piece(0, () => released++);
    of(whole)
      .pipe(verifyPieces(() => of(true)))
      .subscribe((checked) => {
        expect([checked.bytes, checked.from, checked.valid]).toEqual([whole.bytes, [], true]);
        expect(checked.bytes).toBe(whole.bytes);
        checked.release();
      });
    expect(released).toBe(1);
  });

  it(
    'stops checking when it is left',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const check = cold<boolean>('----t', { t: true });
      gives(cold('aa', pieces).pipe(verifyPieces(() => check, 1)), '^--!').toBe('');
      expectSubscriptions(check.subscriptions).toBe('^--!');
    }),
  );

  it('may hear of the next piece while it gives one', () => {
    const pieces$ = new Subject<Piece>();
    const given: number[] = [];
    pieces$.pipe(verifyPieces(() => of(true), 1)).subscribe(({ index }) => {
      given.push(index);
      if (index === 0) pieces$.next(piece(1));
    });
    pieces$.next(piece(0));
    expect(given).toEqual([0, 1]);
  });
});
