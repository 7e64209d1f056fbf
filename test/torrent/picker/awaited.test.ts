import { describe, expect, it } from 'vitest';
import { Bitfield } from '../../../src/torrent/bitfield.ts';
import { BLOCK, Geometry } from '../../../src/torrent/geometry.ts';
import { awaitedShare } from '../../../src/torrent/picker/openPiece.ts';
import { inOrder } from '../../../src/torrent/picker/pieceOrder.ts';
import { PiecePicker } from '../../../src/torrent/picker/piecePicker.ts';

const PIECES = 4;
const BLOCKS = 32;

const world = () => {
  const geometry = new Geometry({ length: PIECES * BLOCKS * BLOCK, pieceLength: BLOCKS * BLOCK });
  const picker = new PiecePicker(geometry, { random: () => 0, order: inOrder, memory: Infinity });
  const all = Bitfield.where(PIECES, () => true);
  const peer = (rate: number) => {
    const asker = { rate, cancel: () => {} };
    const ask = (count: number): readonly string[] => {
      const wanted = picker.next(asker, asker, all, count, false);
      picker.check();
      return wanted.map(({ piece, block }) => `${piece}/${block}`);
    };
    return { asker, ask };
  };
  return { picker, peer };
};
const of = (piece: number, from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, n) => `${piece}/${from + n}`);

describe('a piece that a reader waits for', () => {
  it('is shared out: each peer is asked for what it sends at once, and for nothing behind it', () => {
    const { picker, peer } = world();
    picker.readers.add({ at: 2, last: 3 });
    const [slow, quick] = [peer(0), peer(20 * BLOCK)];
    expect(slow.ask(100)).toEqual(of(2, 0, 4));
    expect(slow.ask(100)).toEqual([]);
    expect(quick.ask(100)).toEqual(of(2, 4, 12));
    // One that has come makes room for one more.
    picker.received(slow.asker, 2, 0);
    expect(slow.ask(100)).toEqual(of(2, 12, 13));
  });

  it('is asked for to its end by one that is quick, which goes on with what follows', () => {
    const { picker, peer } = world();
    picker.readers.add({ at: 2, last: 3 });
    expect(peer(1_000 * BLOCK).ask(40)).toEqual([...of(2, 0, 32), ...of(3, 0, 8)]);
  });

  it('is not shared out where no reader is', () => {
    expect(world().peer(0).ask(10)).toEqual(of(0, 0, 10));
  });

  it('is asked for by blocks: four at least, and four tenths of a second', () => {
    const cancel = (): void => {};
    expect([0, 5 * BLOCK, 10 * BLOCK, 101 * BLOCK].map((rate) => awaitedShare({ rate, cancel }))).toEqual([
      4, 4, 4, 41,
    ]);
    expect(awaitedShare({ cancel })).toBe(4);
  });
});
