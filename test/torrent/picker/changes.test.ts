import { describe, expect, it } from 'vitest';
import { Bitfield } from '../../../src/torrent/bitfield.ts';
import { BLOCK, Geometry } from '../../../src/torrent/geometry.ts';
import type { Asker } from '../../../src/torrent/picker/openPiece.ts';
import {
  byPriority,
  changing,
  firstBy,
  inOrder,
  type PieceOrder,
  preferring,
  rarestFirst,
} from '../../../src/torrent/picker/pieceOrder.ts';
import { PiecePicker } from '../../../src/torrent/picker/piecePicker.ts';
import type { PickerOptions } from '../../../src/torrent/picker/pickerOptions.ts';

const pickerOf = (pieces: number, options: Partial<PickerOptions> = {}): PiecePicker =>
  new PiecePicker(new Geometry({ length: pieces * BLOCK, pieceLength: BLOCK }), { random: () => 0.5, ...options });
const asker = (state: Partial<Asker> = {}): Asker => ({ cancel: () => {}, ...state });

/** The next `count` pieces that a peer with everything is asked for. */
const next = (picker: PiecePicker, who: Asker, count = 1, idle = false): readonly number[] => {
  const have = new Bitfield(picker.geometry.pieceCount);
  have.setAll();
  const asked = picker.next(who, who, have, count, idle).map(({ piece }) => piece);
  picker.check();
  return asked;
};
const fromTheEnd: PieceOrder = (a, b) => b.index - a.index;

describe('an order', () => {
  it('can be replaced, and is obeyed from the next choice on', () => {
    const picker = pickerOf(10, { order: inOrder });
    const who = asker();
    expect(next(picker, who, 2)).toEqual([0, 1]);
    picker.order = fromTheEnd;
    expect(next(picker, who, 2)).toEqual([9, 8]);
    picker.order = firstBy(byPriority, inOrder);
    picker.prioritise(5, 1);
    expect(next(picker, who, 2)).toEqual([5, 2]);
  });

  it('does not count where pieces are taken from the first to the last', () => {
    const picker = pickerOf(10, { ordered: true });
    picker.order = fromTheEnd;
    expect(next(picker, asker(), 3)).toEqual([0, 1, 2]);
  });

  it('that changes its mind is asked anew, from the next choice on', () => {
    let wanted = 7;
    let changes = 0;
    const liked = preferring((piece) => piece === wanted);
    const picker = pickerOf(100, {
      order: firstBy(
        changing(liked, () => changes),
        inOrder,
      ),
    });
    const who = asker();
    expect(next(picker, who, 2)).toEqual([7, 0]);
    wanted = 4;
    changes++;
    expect(next(picker, who, 2)).toEqual([4, 1]);
    wanted = 9;
    changes++;
    expect(next(picker, who, 2)).toEqual([9, 2]);
  });

  it('keeps its rank when it may change, and joined orders change when one of them does', () => {
    let changes = 0;
    const order = firstBy(
      byPriority,
      changing(rarestFirst, () => changes),
    );
    expect(order.rank).toEqual(firstBy(byPriority, rarestFirst).rank);
    expect(order.revision?.()).toBe(0);
    changes++;
    expect(order.revision?.()).toBe(1);
    expect(firstBy(byPriority, rarestFirst).revision).toBeUndefined();
  });
});

describe('the endgame', () => {
  const [slow, late, quick] = [asker(), asker({ overdue: true }), asker()];

  it('asks two peers for one block, unless it is off', () => {
    const picker = pickerOf(1);
    expect(next(picker, slow)).toEqual([0]);
    picker.endgame = 'off';
    expect(next(picker, quick, 1, true)).toEqual([]);
    picker.endgame = 'on';
    expect(next(picker, quick, 1, true)).toEqual([0]);
  });

  it('that is off asks another peer for what one keeps us waiting for', () => {
    const picker = pickerOf(1, { endgame: 'off' });
    expect(next(picker, late)).toEqual([0]);
    expect(next(picker, quick, 1, true)).toEqual([0]);
    expect(next(picker, slow, 1, true)).toEqual([]);
  });

  it('that is strict never asks two peers for one block', () => {
    const picker = pickerOf(1, { endgame: 'strict' });
    expect(next(picker, late)).toEqual([0]);
    expect(next(picker, quick, 1, true)).toEqual([]);
    picker.release(late, [{ piece: 0, block: 0 }]);
    expect(next(picker, quick, 1, true)).toEqual([0]);
  });

  it('that is strict does not for a reader who takes pieces in order, either', () => {
    for (const [endgame, asked] of [
      ['on', [0]],
      ['strict', []],
    ] as const) {
      const picker = pickerOf(1, { ordered: true, endgame });
      next(picker, late);
      expect(next(picker, quick, 1, true)).toEqual(asked);
    }
  });
});
