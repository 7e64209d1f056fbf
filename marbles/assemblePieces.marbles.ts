import { NEVER, Subject, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { assemblePieces } from '../operators/assemblePieces.ts';
import type { Block, Peer, Piece } from '../src/contracts/peer.ts';
import { BLOCK } from '../src/torrent/geometry.ts';
import { PieceBuffers, PieceDrafts } from '../src/torrent/pieces/pieceDrafts.ts';
import { blockAt, blockBytes, drawn, pieceBytes, type Stage } from './index.ts';
import { sameBytes } from './same.ts';

/** Blocks by number, all from one peer; a torrent of two pieces with two blocks. */
const scene = ({ geometry, peer }: Stage) => {
  const buffers = new PieceBuffers(geometry.pieceLength);
  const drafts = new PieceDrafts<Peer>(geometry, buffers);
  const from = peer('');
  const block = (n: number): Block => {
    const { piece, begin, length } = blockAt(geometry, n);
    return { piece, begin, bytes: blockBytes(geometry, piece, begin, length), from };
  };
  return { buffers, drafts, from, block, blocks: { 1: block(1), 2: block(2), 3: block(3), 4: block(4) } };
};

describe('assemblePieces', () => {
  it(
    'gives each piece with its last block, in any order and of many at once',
    drawn((stage) => {
      const { drafts, blocks } = scene(stage);
      const source = stage.cold('-3-1-4-2-|', blocks);
      const pieces = '          -----b-a-|';
      stage.gives(source.pipe(assemblePieces(drafts))).toBe(pieces);
    }),
  );

  it(
    'emits the bytes of a piece, and the peers that sent them',
    drawn((stage) => {
      const { drafts, blocks, from } = scene(stage);
      let piece: Piece | undefined;
      stage.gives(stage.cold('(21|)', blocks).pipe(assemblePieces(drafts))).toBe('(a|)');
      of(blocks[3], blocks[4])
        .pipe(assemblePieces(drafts))
        .subscribe((whole) => (piece = whole));
      expect(piece?.from).toEqual([from, from]);
      expect(sameBytes(piece?.bytes as Uint8Array, pieceBytes(stage.geometry, 1))).toBe(true);
    }),
  );

  it(
    'waits, ends and fails with the source',
    drawn((stage) => {
      const { drafts, blocks } = scene(stage);
      stage.gives(NEVER.pipe(assemblePieces(drafts))).toBe('-');
      stage.gives(stage.cold<Block>('|').pipe(assemblePieces(drafts))).toBe('|');
      stage.gives(stage.cold('-1-|', blocks).pipe(assemblePieces(drafts))).toBe('---|');
      stage.gives(stage.cold('---2-#', blocks).pipe(assemblePieces(drafts))).toBe('---a-#');
    }),
  );

  it(
    'leaves the source when it is left',
    drawn((stage) => {
      const { drafts, blocks } = scene(stage);
      const source = stage.hot('-1-2-3-4-', blocks);
      stage.gives(source.pipe(assemblePieces(drafts)), '^----!').toBe('---a-');
      stage.expectSubscriptions(source.subscriptions).toBe('^----!');
    }),
  );

  it(
    'may hear of the next block while a piece is given',
    drawn((stage) => {
      const { drafts, block } = scene(stage);
      const blocks$ = new Subject<Block>();
      const given: number[] = [];
      blocks$.pipe(assemblePieces(drafts)).subscribe(({ index }) => {
        given.push(index);
        if (index === 0) for (const n of [3, 4]) blocks$.next(block(n));
      });
      for (const n of [1, 2]) blocks$.next(block(n));
      expect(given).toEqual([0, 1]);
    }),
  );

  it(
    'fails for a block twice, and for one that is none: that is our own defect',
    drawn((stage) => {
      const { block, from, drafts } = scene(stage);
      stage
        .gives(stage.cold('1-1', { 1: block(1) }).pipe(assemblePieces(drafts)))
        .toBe('--#', {}, new RangeError('piece 0 offset 0, 16384 bytes: not a block that is missing'));
      const wrong: Block = { piece: 1, begin: 0, bytes: new Uint8Array(BLOCK - 1), from };
      stage
        .gives(stage.cold('w', { w: wrong }).pipe(assemblePieces(drafts)))
        .toBe('#', {}, new RangeError('piece 1 offset 0, 16383 bytes: not a block that is missing'));
    }),
  );

  it(
    'keeps two drafts in two buffers, and one after the other in one',
    drawn((stage) => {
      const { drafts, buffers, blocks } = scene(stage);
      const released = of(blocks[1], blocks[2], blocks[3], blocks[4]).pipe(assemblePieces(drafts));
      released.subscribe((piece) => piece.release());
      expect([buffers.made, buffers.lent]).toEqual([1, 0]);
    }),
  );
});
