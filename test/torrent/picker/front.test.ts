import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawnPicker } from '../../../marbles/index.ts';
import { seeded } from '../../../marbles/random.ts';
import { Bitfield } from '../../../src/torrent/bitfield.ts';
import { Front } from '../../../src/torrent/picker/front.ts';
import { rarestFirst } from '../../../src/torrent/picker/pieceOrder.ts';
import { all, Model, type Player } from '../pickerModel.ts';

/** A picker whose pieces are taken in order, and peers that have everything. */
const inOrder = (
  pieces: number,
  blocksPerPiece: number,
  drafts: number,
  peers = 2,
): { model: Model; players: readonly Player[] } => {
  const model = new Model({
    pieces,
    blocksPerPiece,
    drafts,
    ordered: true,
    order: rarestFirst,
    peers: new Array(peers).fill(all(pieces)),
  });
  for (const player of model.players) model.join(player);
  return { model, players: model.players };
};
const piecesOf = ({ asked }: Player): number[] => asked.map(({ piece }) => piece);
const giveAll = (model: Model, player: Player): void => {
  while (player.asked.length > 0) model.give(player);
};
/** Stores whole pieces as a reader takes them: the first that is missing, and then the next. */
const read = (model: Model): void => {
  for (let next = model.picker.stored.count; model.whole.includes(next); next++) model.settle(next, 'stored');
};

describe('the front', () => {
  it('is the first piece that is wanted and not stored, and moves back when one is lost', () => {
    const settled = { stored: new Bitfield(5), excluded: new Set([0, 2]) };
    const front = new Front(settled, 2, 2 ** 21);
    expect([front.index, front.reaches(2), front.reaches(3)]).toEqual([1, true, false]);
    expect([
      ...front.soon(
        new Map([
          [1, 'b'],
          [2, 'c'],
          [3, 'd'],
        ]),
      ),
    ]).toEqual(['b', 'c']);
    settled.stored.set(1);
    settled.stored.set(3);
    expect(front.index).toBe(4);
    front.check();
    settled.stored.clear(1);
    expect(() => front.check()).toThrow(RangeError);
    front.lost(1);
    expect(front.index).toBe(1);
    front.check();
    for (const piece of [1, 4]) settled.stored.set(piece);
    const none = new Bitfield(5);
    expect([front.index, front.of(none, none)]).toEqual([5, undefined]);
  });
});

describe('pieces that are taken in order', () => {
  it(
    'are begun in it, whatever the order says',
    drawnPicker('avail 54321\nasks  12345', { order: rarestFirst, ordered: true }),
  );
  it(
    'are begun no further than memory reaches from what is waited for',
    drawnPicker('have *····\nasks  ·12··', { memory: 2, ordered: true }),
  );
  it('leave room for what is waited for', drawnPicker('they ·****\nasks  ·1···', { memory: 2, ordered: true }));
  it('begin where what is wanted begins', drawnPicker('have xx···x\nasks  ··123·', { ordered: true }));

  it('are asked for again at once when they come out corrupt, though all that may wait does', () => {
    const { model, players } = inOrder(9, 1, 4);
    const [one] = players as [Player];
    model.ask(one, 9);
    giveAll(model, one);
    expect(model.whole).toEqual([0, 1, 2, 3]);
    expect(model.ask(one, 9)).toEqual([]);
    model.settle(0, 'corrupt');
    expect(model.ask(one, 9).map(({ piece }) => piece)).toEqual([0]);
    model.check();
  });

  it('wait for a reader: no more is asked for than memory has room for, and the rest when it goes on', () => {
    const { model, players } = inOrder(9, 1, 3);
    const [one] = players as [Player];
    model.ask(one, 9);
    giveAll(model, one);
    for (const next of [0, 1, 2]) {
      expect(model.ask(one, 9)).toEqual([]);
      model.settle(next, 'stored');
      expect(model.ask(one, 9).map(({ piece }) => piece)).toEqual([next + 3]);
      giveAll(model, one);
    }
  });

  it('are taken over from a peer that keeps the reader waiting, before new ones are begun', () => {
    const { model, players } = inOrder(9, 2, 9);
    const [slow, quick] = players as [Player, Player];
    model.ask(slow, 1);
    model.ask(quick, 3);
    expect(piecesOf(quick)).toEqual([0, 1, 1]);
    slow.overdue = true;
    expect(model.ask(quick, 2)).toEqual([
      { piece: 0, block: 0 },
      { piece: 2, block: 0 },
    ]);
    giveAll(model, quick);
    expect(slow.cancelled).toEqual([{ piece: 0, block: 0 }]);
    expect(model.whole).toEqual([0, 1]);
  });

  it('are asked of a peer that is much faster, too, once something waits for them', () => {
    const { model, players } = inOrder(9, 1, 9);
    const [slow, quick] = players as [Player, Player];
    [slow.rate, quick.rate] = [10_000, 30_000];
    model.ask(slow, 1);
    expect(model.ask(quick, 1).map(({ piece }) => piece)).toEqual([1]);
    giveAll(model, quick);
    expect(model.ask(quick, 1).map(({ piece }) => piece)).toEqual([2]);
    quick.rate = 50_000;
    expect(model.ask(quick, 1).map(({ piece }) => piece)).toEqual([0]);
  });

  it('are not asked twice of peers that are as quick as each other, nor for a peer that is overdue itself', () => {
    const { model, players } = inOrder(9, 1, 9);
    const [slow, quick] = players as [Player, Player];
    [slow.rate, quick.rate] = [20_000, 30_000];
    model.ask(slow, 1);
    model.ask(quick, 1);
    giveAll(model, quick);
    expect(model.ask(quick, 1).map(({ piece }) => piece)).toEqual([2]);
    slow.overdue = quick.overdue = true;
    expect(model.ask(quick, 1).map(({ piece }) => piece)).toEqual([3]);
  });

  it('that one peer alone should give are given to another when that one is overdue', () => {
    const { model, players } = inOrder(9, 2, 9);
    const [slow, quick] = players as [Player, Player];
    model.ask(quick, 2);
    giveAll(model, quick);
    model.settle(0, 'corrupt');
    model.ask(slow, 2);
    expect(piecesOf(slow)).toEqual([0, 0]);
    slow.overdue = true;
    expect(model.ask(quick, 2).map(({ piece }) => piece)).toEqual([0, 0]);
    expect(slow.cancelled).toHaveLength(2);
    model.check();
  });
});

describe('pieces that are taken in order, whatever happens', () => {
  const peer = fc.nat(3);
  const step = fc.record({
    what: fc.constantFrom('ask', 'ask', 'give', 'give all', 'late', 'release', 'leave', 'join', 'corrupt', 'read'),
    peer,
    nth: fc.nat(8),
  });
  const world = fc.record({
    pieces: fc.integer({ min: 1, max: 12 }),
    blocksPerPiece: fc.integer({ min: 1, max: 4 }),
    drafts: fc.integer({ min: 0, max: 5 }),
  });
  const peers = fc.array(fc.array(fc.nat(11), { maxLength: 12 }), { minLength: 4, maxLength: 4 });

  const play = (
    model: Model,
    { what, peer, nth }: { readonly what: string; readonly peer: number; readonly nth: number },
  ): void => {
    const player = model.players[peer] as Player;
    const index = model.whole[nth % Math.max(1, model.whole.length)];
    if (what === 'ask') model.ask(player, nth + 1);
    else if (what === 'give') model.give(player);
    else if (what === 'give all') giveAll(model, player);
    else if (what === 'late') model.giveLate(player);
    else if (what === 'release') model.release(player);
    else if (what === 'leave') model.leave(player);
    else if (what === 'join') model.join(player);
    else if (what === 'read') read(model);
    else if (index !== undefined) model.settle(index, 'corrupt');
    model.check();
  };

  it('come to the last one, beside peers that never give what they are asked for', () => {
    fc.assert(
      fc.property(world, peers, fc.array(step, { maxLength: 80 }), (size, has, steps) => {
        const model = new Model({
          ...size,
          ordered: true,
          random: seeded(1),
          peers: has.map((each) => each.filter((piece) => piece < size.pieces)),
        });
        for (const each of steps) play(model, each);
        const [honest, ...others] = model.players as [Player, ...Player[]];
        for (const other of others) other.overdue = true;
        for (const piece of all(size.pieces)) model.gain(honest, piece);
        model.join(honest);
        honest.proven = true;
        for (let round = 0; round < 300 && !model.picker.complete; round++) {
          model.ask(honest, 4);
          model.check();
          giveAll(model, honest);
          read(model);
        }
        expect(model.picker.complete).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
