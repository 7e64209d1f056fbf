import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../marbles/random.ts';
import { all, Model, type Player } from './pickerModel.ts';

type Step =
  | { readonly type: 'join' | 'give' | 'give all' | 'give late' | 'release' | 'leave'; readonly peer: number }
  | { readonly type: 'ask' | 'gain'; readonly peer: number; readonly number: number }
  | { readonly type: 'stored' | 'corrupt' | 'mended'; readonly nth: number };

const PEERS = 6;
const peer = fc.nat(PEERS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constantFrom('join', 'give', 'give all', 'give late', 'release', 'leave'), peer }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('ask'), peer, number: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('gain'), peer, number: fc.nat(11) }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constantFrom('stored', 'stored', 'corrupt', 'mended'), nth: fc.nat(3) }),
  },
);
const world = fc.record({
  pieces: fc.integer({ min: 1, max: 12 }),
  blocksPerPiece: fc.integer({ min: 1, max: 5 }),
  drafts: fc.integer({ min: 0, max: 6 }),
  seed: fc.nat(),
  peers: fc.array(fc.array(fc.nat(11), { maxLength: 12 }), { minLength: PEERS, maxLength: PEERS }),
});

const modelOf = ({ pieces, peers, seed, ...size }: typeof world extends fc.Arbitrary<infer W> ? W : never): Model =>
  new Model({
    ...size,
    pieces,
    random: seeded(seed),
    peers: peers.map((has) => has.filter((piece) => piece < pieces)),
  });

const play = (model: Model, move: Step): void => {
  const player = 'peer' in move ? (model.players[move.peer] as Player) : undefined;
  if (player === undefined) {
    const { type, nth } = move as Extract<Step, { nth: number }>;
    const index = model.whole[nth % Math.max(1, model.whole.length)];
    if (index === undefined) return;
    // Of a piece of one block nothing would be left.
    if (type !== 'mended') model.settle(index, type);
    else if (model.geometry.blockCount(index) > 1) model.mend(index, [nth % model.geometry.blockCount(index)]);
  } else if (move.type === 'join') model.join(player);
  else if (move.type === 'ask') model.ask(player, move.number);
  else if (move.type === 'gain') model.gain(player, move.number % model.geometry.pieceCount);
  else if (move.type === 'give') model.give(player);
  else if (move.type === 'give all') while (player.asked.length > 0) model.give(player);
  else if (move.type === 'give late') model.giveLate(player);
  else if (move.type === 'release') model.release(player);
  else model.leave(player);
};

/**
 * An honest peer who has everything asks, gives, and what is whole is stored; the number of rounds until all is there.
 */
const finishWith = (model: Model, honest: Player): void => {
  for (let piece = 0; piece < model.geometry.pieceCount; piece++) model.gain(honest, piece);
  model.join(honest);
  for (let round = 0; round < 500 && !model.picker.complete; round++) {
    model.ask(honest, 4);
    model.check();
    while (honest.asked.length > 0) model.give(honest);
    for (const index of model.whole) model.settle(index, 'stored');
    model.check();
  }
};

describe('the picker, whatever happens', () => {
  it('keeps its books, its memory and the number of copies', () => {
    fc.assert(
      fc.property(world, fc.array(step, { maxLength: 120 }), (size, steps) => {
        const model = modelOf(size);
        for (const move of steps) {
          play(model, move);
          model.check();
        }
      }),
      { numRuns: 600 },
    );
  });

  it('gets every block from one honest peer once the others have left', () => {
    fc.assert(
      fc.property(world, fc.array(step, { maxLength: 80 }), (size, steps) => {
        const model = modelOf(size);
        for (const move of steps) play(model, move);
        for (const other of model.players.slice(1)) model.leave(other);
        finishWith(model, model.players[0] as Player);
        expect(model.picker.complete).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('gets every block from one honest peer beside others that never give the one block they are asked for', () => {
    fc.assert(
      fc.property(world, fc.array(step, { maxLength: 80 }), (size, steps) => {
        const model = modelOf(size);
        // A corrupt piece is asked of one peer alone, until that one leaves: another story.
        for (const move of steps) if (move.type !== 'corrupt') play(model, move);
        const [honest, ...others] = model.players as [Player, ...Player[]];
        model.leave(honest);
        for (const other of others) {
          model.release(other);
          model.join(other);
          model.ask(other, 1);
          other.overdue = true;
        }
        finishWith(model, honest);
        expect(model.picker.complete).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('lets nobody wait who asks only when a block has come, when they were refused a request, or when woken', () => {
    const many = fc.infiniteStream(fc.nat(999));
    fc.assert(
      fc.property(world, fc.integer({ min: 1, max: 9 }), many, (size, window, dice) => {
        let woken = true;
        const model = new Model({
          ...size,
          random: seeded(size.seed),
          peers: size.peers.map(() => all(size.pieces)),
          freed: () => (woken = true),
        });
        const roll = (sides: number): number => (dice.next().value as number) % sides;
        const refill = (player: Player): void => void model.ask(player, window - player.asked.length);
        for (const player of model.players) model.join(player);
        for (let corrupt = 5; ; ) {
          if (woken) {
            woken = false;
            model.players.forEach(refill);
            continue;
          }
          const busy = model.players.filter(({ asked }) => asked.length > 0);
          const { whole } = model;
          if (busy.length + whole.length === 0) break;
          const next = roll(busy.length + whole.length);
          const player = busy[next];
          if (player === undefined)
            model.settle(
              whole[next - busy.length] as number,
              corrupt > 0 && roll(4) === 0 && corrupt-- > 0 ? 'corrupt' : 'stored',
            );
          else if (roll(9) === 0) model.release(player);
          else model.give(player);
          if (player !== undefined) refill(player);
        }
        expect(model.picker.complete).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('never asks for what is excluded, and does not wait for it', () => {
    fc.assert(
      fc.property(world, fc.uniqueArray(fc.nat(11)), (size, without) => {
        const model = modelOf({ ...size, peers: size.peers.map(() => all(size.pieces)) });
        const excluded = without.filter((piece) => piece < size.pieces);
        for (const piece of excluded) model.picker.exclude(piece);
        finishWith(model, model.players[0] as Player);
        expect(model.picker.complete).toBe(true);
        expect(excluded.filter((piece) => model.picker.stored.has(piece))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
