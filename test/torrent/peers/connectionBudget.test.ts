import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionBudget, type Places } from '../../../src/torrent/peers/connectionBudget.ts';

interface Swarm {
  readonly places: Places;
  held: number;
  /** How many it wants; it dials until it has them. */
  wants: number;
  readonly fill: () => void;
}

const swarmIn = (budget: ConnectionBudget, wants: number, now: () => number = () => 0): Swarm => {
  const fill = (): void => {
    while (swarm.held < swarm.wants && swarm.places.dial(now())) swarm.held++;
  };
  const shed = (): void => {
    swarm.held--;
    swarm.places.give();
    fill();
  };
  const swarm: Swarm = { places: budget.join({ wake: fill, shed }), held: 0, wants, fill };
  return swarm;
};

const leave = (swarm: Swarm, count: number): void => {
  for (let left = 0; left < count; left++) {
    swarm.held--;
    swarm.places.give();
  }
};

describe('the connection budget', () => {
  it('gives one swarm all there is, and no more', () => {
    const budget = new ConnectionBudget({ most: 5 });
    const a = swarmIn(budget, 9);
    a.fill();
    expect([a.held, budget.held, a.places.answer()]).toEqual([5, 5, false]);
  });

  it('wakes who waits when there is a place', () => {
    const budget = new ConnectionBudget({ most: 5 });
    const a = swarmIn(budget, 9);
    a.fill();
    leave(a, 1);
    expect([a.held, budget.held]).toEqual([5, 5]);
  });

  it('makes one who has more than an equal part give up places to whoever comes later', () => {
    const budget = new ConnectionBudget({ most: 9 });
    const swarms = [1, 2, 3].map(() => swarmIn(budget, 9));
    for (const swarm of swarms) {
      swarm.fill();
      budget.check();
    }
    expect(swarms.map(({ held }) => held)).toEqual([3, 3, 3]);
  });

  it('leaves to others what one does not want', () => {
    const budget = new ConnectionBudget({ most: 9 });
    const [a, b] = [swarmIn(budget, 9), swarmIn(budget, 2)];
    a.fill();
    b.fill();
    expect([a.held, b.held]).toEqual([7, 2]);
    leave(b, 1);
    expect([a.held, b.held]).toEqual([8, 1]);
  });

  it('answers a caller of a torrent that has less than its part, and nobody else', () => {
    const budget = new ConnectionBudget({ most: 4 });
    const [a, b] = [swarmIn(budget, 4), swarmIn(budget, 0)];
    a.fill();
    expect([b.places.answer(), b.places.answer(), b.places.answer()]).toEqual([true, true, false]);
    expect(a.held).toBe(2);
    budget.check();
  });

  it('gives back what a swarm had that is no more', () => {
    const budget = new ConnectionBudget({ most: 4 });
    const [a, b] = [swarmIn(budget, 4), swarmIn(budget, 4)];
    a.fill();
    b.fill();
    expect(b.held).toBe(2);
    a.places.leave();
    expect([b.held, budget.held]).toEqual([4, 4]);
    budget.check();
  });

  it('dials no faster than it may, all torrents together', () => {
    const budget = new ConnectionBudget({ most: 100, dialRate: 10 });
    let now = 0;
    const [a, b] = [swarmIn(budget, 50, () => now), swarmIn(budget, 50, () => now)];
    a.fill();
    expect([a.held, a.places.nextIn(now)]).toEqual([10, 100]);
    expect(b.places.dial(now)).toBe(false);
    now += 100;
    b.fill();
    expect([a.held, b.held, b.places.nextIn(now)]).toEqual([10, 1, 100]);
    expect(b.places.answer()).toBe(true);
    now += 10_000;
    expect(b.places.nextIn(now)).toBe(undefined);
  });

  it('keeps its books whatever happens, and leaves no place empty while somebody wants one', () => {
    const event = fc.record({
      type: fc.constantFrom('want', 'want', 'end', 'join', 'leave'),
      n: fc.nat(5),
      count: fc.nat(12),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(event, { maxLength: 60 }), (most, events) => {
        const budget = new ConnectionBudget({ most, dialRate: 1e6 });
        let swarms = [swarmIn(budget, 0), swarmIn(budget, 0)];
        for (const { type, n, count } of events) {
          const swarm = swarms[n % Math.max(1, swarms.length)];
          if (type === 'join') swarms.push(swarmIn(budget, 0));
          if (swarm === undefined) continue;
          if (type === 'want') {
            swarm.wants = count;
            swarm.fill();
          }
          if (type === 'end' && swarm.held > 0) {
            swarm.wants = Math.max(0, swarm.wants - 1);
            leave(swarm, 1);
          }
          if (type === 'leave') {
            swarms = swarms.filter((each) => each !== swarm);
            swarm.places.leave();
          }
          budget.check();
          expect(budget.held).toBe(swarms.reduce((sum, { held }) => sum + held, 0));
          if (swarms.some(({ held, wants }) => held < wants)) expect(budget.held).toBe(most);
          const part = Math.floor(most / Math.max(1, swarms.length));
          if (type === 'want') expect(swarm.held).toBeGreaterThanOrEqual(Math.min(swarm.wants, part));
        }
      }),
    );
  });
});
