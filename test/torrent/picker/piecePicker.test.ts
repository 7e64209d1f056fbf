import { describe, expect, it } from 'vitest';
import { drawnPicker } from '../../../marbles/index.ts';
import { seeded } from '../../../marbles/random.ts';
import { BLOCK, Geometry } from '../../../src/torrent/geometry.ts';
import {
  byPriority,
  firstBy,
  inOrder,
  preferring,
  randomFirst,
  rarestFirst,
} from '../../../src/torrent/picker/pieceOrder.ts';
import { PiecePicker } from '../../../src/torrent/picker/piecePicker.ts';
import { all, Model, modelOf, pair, type Player, shown } from '../pickerModel.ts';

/** The order in which a peer that has everything is asked for pieces of one block, with chance by `seed`. */
const begun = (picker: PiecePicker, count: number): number[] => {
  const who = { cancel: () => {} };
  const have = new Model({
    pieces: picker.geometry.pieceCount,
    blocksPerPiece: 1,
    peers: [all(picker.geometry.pieceCount)],
  }).players[0] as Player;
  return picker.next(who, who, have.have, count, true).map(({ piece }) => piece);
};

const pickerOf = (pieces: number, seed: number, order = firstBy(byPriority, randomFirst(), rarestFirst)): PiecePicker =>
  new PiecePicker(new Geometry({ length: pieces * BLOCK, pieceLength: BLOCK }), { random: seeded(seed), order });

describe('which piece is begun', () => {
  it('is the rarest', drawnPicker('avail 12231\nasks  13452', { order: firstBy(rarestFirst, inOrder) }));

  it('is any of the rarest: another seed, another one', () => {
    const firsts = new Set(all(30).map((seed) => begun(pickerOf(10, seed, rarestFirst), 1)[0]));
    expect(firsts.size).toBeGreaterThan(4);
    expect(begun(pickerOf(10, 3, rarestFirst), 10)).toEqual(begun(pickerOf(10, 3, rarestFirst), 10));
  });

  it('is any at all while fewer than four are stored, and then the rarest', () => {
    const firsts = new Set(
      all(30).map((seed) => {
        const picker = pickerOf(10, seed);
        for (const piece of [0, 1, 2, 3, 4, 5, 6, 7, 8]) picker.availability.gained({}, piece);
        return begun(picker, 1)[0];
      }),
    );
    expect(firsts.size).toBeGreaterThan(4);
    for (const seed of all(10)) {
      const picker = pickerOf(10, seed);
      for (const piece of [0, 1, 2, 3, 4, 5, 6, 7, 8]) picker.availability.gained({}, piece);
      for (const piece of all(4)) picker.restore(piece);
      expect(begun(picker, 1)).toEqual([9]);
    }
  });

  it('has ties decided by chance whatever the order says', () => {
    const orders = new Set(
      all(10).map((seed) =>
        begun(
          pickerOf(5, seed, () => 0),
          5,
        ).join(),
      ),
    );
    expect(orders.size).toBeGreaterThan(5);
    for (const order of orders) expect(order.split(',').map(Number).sort()).toEqual(all(5));
  });

  it('follows priority, preference and place, the first that has an opinion', () => {
    const picker = pickerOf(
      6,
      1,
      firstBy(
        byPriority,
        preferring((piece) => piece === 5),
        inOrder,
      ),
    );
    picker.prioritise(3, 1);
    picker.prioritise(0, -1);
    expect(begun(picker, 6)).toEqual([3, 5, 1, 2, 4, 0]);
  });

  it('follows a priority that changes on the way', () => {
    const picker = pickerOf(5, 1, firstBy(byPriority, inOrder));
    expect(begun(picker, 2)).toEqual([0, 1]);
    picker.prioritise(4, 9);
    expect(begun(picker, 3)).toEqual([4, 2, 3]);
  });

  it('is one that a peer came to have after it was passed over', () => {
    const model = modelOf(4, 1, [[3]]);
    const [player] = pair(model);
    expect(shown(model.ask(player, 1))).toEqual(['3/0']);
    expect(shown(model.ask(player, 1))).toEqual([]);
    model.gain(player, 1);
    expect(shown(model.ask(player, 9))).toEqual(['1/0']);
  });
});

describe('the endgame', () => {
  it('asks for two copies at most, and tells the slower to cancel', () => {
    const model = modelOf(1, 1, [[0], [0], [0], [0]]);
    const counts = model.players.map((player) => model.ask(player, 5).length);
    expect(counts).toEqual([1, 1, 0, 0]);
    model.give(model.players[1] as Player);
    expect(model.players.map(({ cancelled }) => shown(cancelled))).toEqual([['0/0'], [], [], []]);
    model.check();
  });

  it('does not begin while a block is missing that is not asked for, nor for who is busy', () => {
    const model = modelOf(2, 1, [[0], [0, 1]]);
    const [one, other] = pair(model);
    model.ask(one, 1);
    expect(shown(model.ask(other, 1))).toEqual(['1/0']);
    expect([...model.ask(other, 1), ...model.ask(one, 1)]).toEqual([]);
  });

  it('takes a block that comes late and cancels whoever was asked instead', () => {
    const model = modelOf(1, 2, [[0], [0]]);
    const [one, other] = pair(model);
    const [late] = model.ask(one, 1);
    model.ask(other, 1);
    model.release(one);
    model.ask(other, 1);
    expect(model.receive(one, late as { piece: number; block: number })).toBe(true);
    expect(shown(other.cancelled)).toEqual(['0/0']);
    model.check();
  });
});

describe('what is wanted', () => {
  it('is what is missing or begun, and nothing when all is there', () => {
    const model = modelOf(2, 1, [[0], [1]]);
    const [one, other] = pair(model);
    model.ask(one, 1);
    expect(model.picker.wants(one.have)).toBe(true);
    model.give(one);
    expect([model.picker.wants(one.have), model.picker.wants(other.have)]).toEqual([false, true]);
    expect([model.picker.wantsPiece(0), model.picker.wantsPiece(1)]).toEqual([false, true]);
    model.settle(0, 'corrupt');
    expect(model.picker.wants(one.have)).toBe(true);
  });

  it('leaves out what is excluded, which may be restored all the same', () => {
    const model = modelOf(3, 1, [all(3)]);
    const [one] = pair(model);
    model.picker.exclude(1);
    model.picker.exclude(1);
    model.picker.restore(1);
    model.picker.restore(0);
    model.check();
    expect(model.picker.complete).toBe(false);
    expect(shown(model.ask(one, 9))).toEqual(['2/0']);
  });

  it('does not want what is excluded only because it was there and is lost', () => {
    const model = modelOf(3, 1, [all(3)]);
    const [one] = pair(model);
    model.picker.exclude(1);
    for (const piece of all(3)) model.picker.restore(piece);
    for (const piece of [1, 2]) model.picker.lose(piece);
    model.check();
    expect(shown(model.ask(one, 9))).toEqual(['2/0']);
    model.give(one);
    model.settle(2, 'stored');
    expect(model.picker.complete).toBe(true);
  });

  it('gives up what is excluded while it is begun, and begins it again when it is included', () => {
    const model = modelOf(2, 2, [all(2)]);
    const [one] = pair(model);
    const asked = shown(model.ask(one, 2));
    expect(asked).toEqual(['0/0', '0/1']);
    model.picker.exclude(0);
    expect([model.picker.wantsPiece(0), model.picker.received(one, 0, 0), model.picker.drafts]).toEqual([
      false,
      false,
      0,
    ]);
    expect(shown(model.ask(one, 9))).toEqual(['1/0', '1/1']);
    model.picker.include(0);
    model.picker.include(0);
    expect(shown(model.ask(one, 9))).toEqual(['0/0', '0/1']);
    model.check();
  });

  it('keeps a piece that is excluded while it is stored, and wants it again once it is included and lost', () => {
    const model = modelOf(2, 1, [all(2)]);
    const [one] = pair(model);
    for (const piece of all(2)) model.picker.restore(piece);
    model.picker.exclude(0);
    expect(model.picker.complete).toBe(true);
    model.picker.lose(0);
    expect([model.picker.complete, model.picker.wantsPiece(0)]).toEqual([true, false]);
    model.picker.include(0);
    expect(shown(model.ask(one, 9))).toEqual(['0/0']);
    model.check();
  });

  it('tells what was written since a copy was made, and what may be', () => {
    const model = modelOf(4, 1, [all(4)]);
    const [one] = pair(model);
    model.picker.restore(0);
    const then = new Model({ pieces: 4, blocksPerPiece: 1, peers: [[0]] }).players[0] as Player;
    model.ask(one, 2);
    model.give(one);
    model.give(one);
    model.settle(1, 'stored');
    const since = model.picker.writtenSince(then.have);
    expect(all(4).filter((piece) => since.has(piece))).toEqual([1, 2]);
  });
});
