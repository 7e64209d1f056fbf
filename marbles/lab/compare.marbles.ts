import { describe, expect, it } from 'vitest';
import { Subject } from 'rxjs';
import type { Strategy } from '../../src/download/strategy.ts';
import { firstBy, inOrder } from '../../src/torrent/picker/pieceOrder.ts';
import { compare, compared, type Measures, type SwarmPlan, SWARMS, swarmNamed, trial } from '../index.ts';
import { intervalOf, median } from './statistics.ts';

const line = { up: 400_000, down: 800_000 };
/** A seed, and three who exchange what they have. */
const small: SwarmPlan = {
  torrent: { pieces: 30, blocksPerPiece: 1 },
  hosts: [{ has: 'all', ...line }, line, { ...line, delay: 20 }, { ...line, delay: 40 }],
};
const inLine = (): Strategy => ({ order: firstBy(inOrder) });

describe('measures', () => {
  it('are the same in every run with the same seed, and others with another one', () => {
    expect(trial(small)).toEqual(trial(small));
    expect(trial({ ...small, seed: 2 })).not.toEqual(trial(small));
  });

  it('are of those who download', () => {
    const one = trial({ ...small, hosts: small.hosts.slice(0, 2) });
    expect([one.first, one.median]).toEqual([one.last, one.last]);
    expect(one).toMatchObject({ waste: 0, seeded: 1, given: 0, fairness: 1 });
    expect(one.playable).toBeLessThan(one.first);
    const many = trial(small);
    expect(many.first).toBeLessThan(many.last);
    expect(many.seeded + 3 * many.given).toBeGreaterThan(3 * (1 + many.waste) - 0.01);
    expect(many.fairness).toBeGreaterThan(1 / 3);
    expect(many.fairness).toBeLessThan(1);
  });

  it('are for ever where somebody is never complete', () => {
    const none = { torrent: { pieces: 4, blocksPerPiece: 1 }, hosts: [{}, {}], within: 10 };
    expect(trial(none)).toMatchObject({ first: Infinity, last: Infinity, playable: Infinity });
  });

  it('can be taken in swarms that have names, of any size', () => {
    expect(Object.keys(SWARMS)).toEqual(['far', 'lossy', 'crowd', 'flash', 'lopsided']);
    const plans = Object.keys(SWARMS).map((name) => swarmNamed(name, { mib: 2 }) ?? expect.unreachable());
    expect(plans.map(({ hosts }) => hosts.length)).toEqual([2, 2, 25, 9, 9]);
    for (const { torrent } of plans) expect(torrent).toEqual({ pieces: 8, blocksPerPiece: 16 });
    expect(swarmNamed('far')?.torrent).toMatchObject({ pieces: 256 });
    expect(swarmNamed('toString')).toBeUndefined();
  });
});

describe('comparing', () => {
  it('says of which strategy a measure is better, by the same seeds', () => {
    const table = compare(() => ({}), inLine, small, { seeds: 6 });
    const [playable] = table.filter(({ measure }) => measure === 'playable');
    expect(playable).toMatchObject({ better: 'b' });
    expect(playable?.high).toBeLessThan(0);
  });

  it('says nothing where nothing differs, or little is known', () => {
    for (const one of compare(
      () => ({}),
      () => ({}),
      small,
      { seeds: 2 },
    ))
      expect(one).toMatchObject({ difference: 0, low: 0, high: 0 });
    const pair = (b: number) => ({ a: trialOf(10), b: trialOf(b) });
    const last = (...others: readonly number[]) => compared(others.map(pair)).find(({ measure }) => measure === 'last');
    expect(last(9, 9, 9, 9, 9)?.better).toBeUndefined();
    expect(last(9, 9, 9, 9, 9, 9)?.better).toBe('b');
    expect(last(11, 12, 11, 13, 11, 12)?.better).toBe('a');
    expect(last(9, 12, 8, 13, 11, 7)?.better).toBeUndefined();
    expect(compared([pair(Infinity), pair(10)]).find(({ measure }) => measure === 'last')).toMatchObject({ a: 10 });
  });

  it('gives each client a strategy of its own', () => {
    const made = new Subject<void>();
    let count = 0;
    made.subscribe(() => count++);
    trial(small, () => (made.next(), {}));
    expect(count).toBe(3);
  });
});

const trialOf = (last: number): Measures => ({
  first: 1,
  median: 1,
  last,
  playable: 1,
  waste: 0,
  seeded: 1,
  given: 0,
  fairness: 1,
});

describe('statistics', () => {
  it('knows what is in the middle, and how sure that is', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([Infinity, Infinity])]).toEqual([2, 2.5, Infinity]);
    const [low, high] = intervalOf([5, 1, 4, 2, 3, 9, 7, 8, 6]);
    expect(low).toBeGreaterThanOrEqual(2);
    expect(high).toBeLessThanOrEqual(8);
    expect(intervalOf([1, 2, 3, 4])).toEqual(intervalOf([1, 2, 3, 4]));
    expect(intervalOf([7, 7])).toEqual([7, 7]);
  });
});
