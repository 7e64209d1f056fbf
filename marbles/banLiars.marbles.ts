import { map, NEVER, type Observable, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { banLiars } from '../operators/banLiars.ts';
import type { Expulsion } from '../operators/disconnect.ts';
import type { CheckedPiece, Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { addressText } from '../src/protocol/encoding/address.ts';
import { BLOCK } from '../src/torrent/geometry.ts';
import { drawn, type DrawnPeer, type Stage } from './index.ts';

/** A copy of piece 0 with two blocks: the peer that sent each, and the byte that fills it. Zeros are right. */
const copy = (from: readonly Peer[], ...fill: readonly number[]): CheckedPiece => {
  const bytes = new Uint8Array(from.length * BLOCK);
  fill.forEach((value, block) => bytes.fill(value, block * BLOCK, (block + 1) * BLOCK));
  return { index: 0, bytes, from, valid: fill.every((value) => value === 0), release: () => {} };
};

const scene = ({ peer }: Stage) => {
  const at = (port: number) => ({ address: { host: '10.0.0.1', port, source: 'tracker' } }) as const;
  const [one, two] = [peer('-', {}, at(1)), peer('-', {}, at(2))];
  const banned: string[] = [];
  const expelled$ = new Subject<Expulsion>();
  const names = new Map<DrawnPeer, string>([
    [one, '1'],
    [two, '2'],
  ]);
  const named$: Observable<string> = expelled$.pipe(map(({ peer }) => names.get(peer as DrawnPeer) ?? '?'));
  const book = { ban: (address: Peer['address']) => void banned.push(addressText(address)) };
  return { one, two, banned, expelled$, named$, ban: banLiars({ book, expelled: expelled$ }) };
};

describe('banLiars', () => {
  it(
    'bans the peer that sent all of a corrupt piece, at once',
    drawn((stage) => {
      const { two, ban, named$ } = scene(stage);
      const pieces = { x: copy([two, two], 0, 9) };
      const source = '  -x--';
      const gives = '   -x--';
      const expelled = '-2--';
      stage.gives(named$, '^---!').toBe(expelled, { 2: '2' });
      stage.gives(stage.hot(source, pieces).pipe(ban), '^---!').toBe(gives, pieces);
    }),
  );

  it(
    'bans the one of two peers whose block differs from that of the right copy, and not the other',
    drawn((stage) => {
      const { one, two, ban, named$ } = scene(stage);
      const pieces = { x: copy([one, two], 0, 9), a: copy([one, one], 0, 0) };
      const source = '  -x-a-';
      const gives = '   -x-a-';
      const expelled = '---2-';
      stage.gives(named$, '^----!').toBe(expelled, { 2: '2' });
      stage.gives(stage.hot(source, pieces).pipe(ban), '^----!').toBe(gives, pieces);
    }),
  );

  it(
    'bans a peer that sends one block in two versions',
    drawn((stage) => {
      const { one, two, ban, named$ } = scene(stage);
      const pieces = { x: copy([one, two], 0, 9), y: copy([one, two], 0, 8) };
      stage.gives(named$, '^----!').toBe('---2-', { 2: '2' });
      stage.gives(stage.hot('-x-y-', pieces).pipe(ban), '^----!').toBe('-x-y-', pieces);
    }),
  );

  it(
    'names the peer, the code and the reason, after its address is banned',
    drawn((stage) => {
      const { two, ban, expelled$, banned } = scene(stage);
      const told$ = expelled$.pipe(map(({ peer, code, why }) => [peer === two, code, why, ...banned]));
      stage.gives(told$, '^--!').toBe('-t', { t: [true, 'corrupt', 'sent wrong bytes', '10.0.0.1:2'] });
      const pieces = { x: copy([two, two], 9, 9) };
      stage.gives(stage.hot('-x', pieces).pipe(ban), '^--!').toBe('-x', pieces);
    }),
  );

  it(
    'begins anew with each subscription',
    drawn((stage) => {
      const { one, two, ban, named$ } = scene(stage);
      const pieces = { x: copy([one, two], 0, 9), a: copy([one, one], 0, 0) };
      stage.gives(named$, '^---!').toBe('');
      stage.gives(stage.hot('-x-', pieces).pipe(ban), '^-!').toBe('-x', pieces);
      stage.gives(stage.hot('--a', pieces).pipe(ban), '^--!').toBe('--a', pieces);
    }),
  );

  it(
    'waits, ends and fails with the source, and with what the book throws',
    drawn((stage) => {
      const { two, ban, expelled$ } = scene(stage);
      stage.gives(NEVER.pipe(ban)).toBe('-');
      stage.gives(stage.cold<CheckedPiece>('--|').pipe(ban)).toBe('--|');
      stage.gives(stage.cold<CheckedPiece>('-#', {}, new PeerError('reset', '')).pipe(ban)).toBe('-#', undefined, {
        name: 'PeerError',
        code: 'reset',
      });
      const full = new RangeError('no book');
      const broken = banLiars({
        expelled: expelled$,
        book: {
          ban: () => {
            throw full;
          },
        },
      });
      stage.gives(stage.cold('-x', { x: copy([two], 9) }).pipe(broken)).toBe('-#', undefined, full);
    }),
  );

  it('passes on the very pieces, so that nothing is released twice', () => {
    const pieces$ = new Subject<CheckedPiece>();
    const passed: CheckedPiece[] = [];
    pieces$.pipe(banLiars({ book: { ban: () => {} }, expelled: { next: () => {} } })).subscribe((piece) => {
      passed.push(piece);
    });
    const piece = copy([], 0);
    pieces$.next(piece);
    expect(passed[0]).toBe(piece);
  });
});
