import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../../marbles/random.ts';
import { MAX_TRACKERS, Tier, tiersOf, type Tracker } from '../../../src/discovery/trackers/tiers.ts';

const urls = (trackers: readonly Tracker[]): string => trackers.map(({ url }) => url).join(' ');
const all = (tiers: readonly Tier[]): string => tiers.map((tier) => urls(tier.all)).join(' | ');
/** Chance that leaves every tier as it is. */
const asGiven = () => 0.999;
const named = (tier: Tier, url: string): Tracker => tier.all.find((tracker) => tracker.url === url) as Tracker;

describe('tiers', () => {
  it('shuffle within a tier, never across', () => {
    const orders = new Set(
      Array.from({ length: 200 }, (_, seed) => all(tiersOf([['a', 'b', 'c'], ['d']], seeded(seed)))),
    );
    expect([...orders].sort()).toEqual(['a b c | d', 'a c b | d', 'b a c | d', 'b c a | d', 'c a b | d', 'c b a | d']);
  });

  it('keep each URL once, a hundred in all, and no empty tier', () => {
    expect(all(tiersOf([['a', 'a'], [], ['b', 'a']], asGiven))).toBe('a | b');
    const many = tiersOf(
      Array.from({ length: 300 }, (_, index) => [`${index}`]),
      asGiven,
    );
    expect(many).toHaveLength(MAX_TRACKERS);
    expect(many.map((tier) => tier.all[0]?.tier)).toEqual(many.map((_, index) => index));
  });
});

describe('a tier', () => {
  it('puts what answers to its front', () => {
    const tier = new Tier(['c', 'd', 'e'], 0, asGiven);
    tier.answered(named(tier, 'e'));
    expect(urls(tier.ready(0))).toBe('e c d');
  });

  it('tells what is known of those that have been asked, and of those that are never asked again', () => {
    const tier = new Tier(['a', 'b', 'c'], 1, asGiven);
    expect(tier.statuses).toEqual([]);
    Object.assign(named(tier, 'b'), { state: 'working', lastAnswer: 7, counts: { peers: 3 } });
    const gone = named(tier, 'a');
    tier.dropped(gone);
    Object.assign(gone, { state: 'dropped', error: { code: 'timeout', message: 'a: silent' } });
    expect(tier.statuses).toEqual([
      { type: 'tracker', url: 'b', tier: 1, state: 'working', failures: 0, lastAnswer: 7, peers: 3 },
      {
        type: 'tracker',
        url: 'a',
        tier: 1,
        state: 'dropped',
        failures: 0,
        error: { code: 'timeout', message: 'a: silent' },
      },
    ]);
  });

  it('leaves alone those that asked for it, and those that are being asked', () => {
    const tier = new Tier(['a', 'b'], 0, asGiven);
    named(tier, 'a').restsUntil = 50;
    expect([urls(tier.ready(49)), tier.rest(49)]).toEqual(['b', 0]);
    named(tier, 'b').restsUntil = 80;
    expect([urls(tier.ready(49)), tier.rest(49)]).toEqual(['', 1]);
    expect([urls(tier.ready(50)), tier.rest(50)]).toEqual(['a', 0]);
    named(tier, 'a').asked = 'late';
    expect(urls(tier.ready(90))).toBe('b');
  });

  it('holds its invariants whatever happens', () => {
    const event = fc.tuple(fc.constantFrom('answered', 'dropped', 'rests'), fc.nat(20), fc.nat(1000));
    const run = fc.property(
      fc.uniqueArray(fc.string({ maxLength: 2 }), { maxLength: 12 }),
      fc.array(event),
      (given, events) => {
        const tier = new Tier(given, 0, seeded(1));
        for (const [kind, which, time] of events) {
          const before = tier.all.length;
          const tracker = tier.all[which % Math.max(1, before)];
          if (tracker === undefined) return;
          if (kind === 'answered') tier.answered(tracker);
          if (kind === 'dropped') tier.dropped(tracker);
          if (kind === 'rests') tracker.restsUntil = time;
          tier.check();
          expect(tier.all).toHaveLength(kind === 'dropped' ? before - 1 : before);
          expect(tier.ready(1000)).toEqual(tier.all);
        }
      },
    );
    expect(() => fc.assert(run)).not.toThrow();
  });
});
