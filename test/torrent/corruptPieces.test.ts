import { describe, expect, it } from 'vitest';
import { type Model, modelOf, pair, shown } from './pickerModel.ts';

/** Both have given of piece 0, the second its last block, and it was wrong. */
const spoil = (model: Model): void => {
  const [one, other] = pair(model);
  model.ask(one, model.picker.geometry.blockCount(0) - 1);
  model.ask(other, 1);
  for (const player of [one, other]) while (player.asked.length > 0) model.give(player);
  model.settle(0, 'corrupt');
};

describe('a piece that came out corrupt', () => {
  it('is asked of one peer alone, until that one leaves', () => {
    const model = modelOf(1, 3, [[0], [0]]);
    const [one, other] = pair(model);
    spoil(model);
    expect(shown(model.ask(one, 1))).toEqual(['0/0']);
    expect(shown(model.ask(other, 9))).toEqual([]);
    model.give(one);
    model.leave(one);
    expect(model.held.size).toBe(0);
    expect(shown(model.ask(other, 9))).toEqual(['0/0', '0/1', '0/2']);
    model.check();
  });

  it('may be given by anybody once two have left it half-way: what is held is kept from then on', () => {
    const model = modelOf(1, 3, [[0], [0]]);
    const [one, other] = pair(model);
    spoil(model);
    for (const player of [one, one]) {
      model.ask(player, 2);
      model.give(player);
      model.release(player);
      expect(model.held.size).toBe(0);
    }
    model.ask(one, 2);
    model.give(one);
    model.release(one);
    expect(model.held.size).toBe(1);
    expect(shown(model.ask(other, 9))).toEqual(['0/2', '0/1']);
    model.check();
  });

  it('is free for another when that one, with nothing else to give, no longer has it', () => {
    const model = modelOf(1, 3, [[0], [0]]);
    const [one, other] = pair(model);
    spoil(model);
    model.ask(one, 1);
    one.have.clear(0);
    model.give(one);
    expect(shown([...model.ask(other, 9), ...model.ask(one, 9)])).toEqual([]);
    expect(shown(model.ask(other, 9))).toEqual(['0/0', '0/1', '0/2']);
    model.check();
  });

  it.each([
    ['is left to whoever is half as quick', 50, 0, 100, false],
    ['goes to whoever has all of it in half the time', 40, 0, 100, true],
    ['is left to whoever has most of it', 10, 9, 100, false],
    ['goes to another though they have some of it', 10, 3, 100, true],
    ['is left to whose rate is not known', 0, 0, 100, false],
    ['is left to the slow when the other is not known to be quicker', 1, 0, 0, false],
  ])('%s, when there is nothing else to ask for', (_, slow, given, quick, taken) => {
    const model = modelOf(1, 10, [[0], [0]]);
    const [one, other] = pair(model);
    spoil(model);
    Object.assign(one, { proven: true, rate: slow });
    Object.assign(other, { proven: true, rate: quick });
    model.ask(one, 10);
    for (let n = 0; n < given; n++) model.give(one);
    expect(model.ask(other, 10).length).toBe(taken ? 10 : 0);
    expect(one.asked.length).toBe(taken ? 0 : 10 - given);
    model.check();
  });

  it('takes nothing that was not asked for now', () => {
    const model = modelOf(1, 2, [[0], [0]]);
    const [one, other] = pair(model);
    model.ask(one, 2);
    while (one.asked.length > 0) model.give(one);
    model.settle(0, 'corrupt');
    model.ask(one, 2);
    expect(model.picker.lacks(0, 0)).toBe(false);
    expect(model.receive(other, { piece: 0, block: 0 })).toBe(false);
    expect(model.held.size).toBe(0);
  });

  it('is as any other once it is stored', () => {
    const model = modelOf(1, 1, [[0]]);
    const [one] = pair(model);
    model.ask(one, 1);
    model.give(one);
    model.settle(0, 'corrupt');
    model.ask(one, 1);
    model.give(one);
    model.settle(0, 'stored');
    expect(model.picker.complete).toBe(true);
  });
});
