import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../marbles/random.ts';
import { MAX_TRACKERS, Tiers, type Tracker } from '../../src/discovery/tiers.ts';

const urls = (trackers: readonly Tracker[]): string => trackers.map(({ url }) => url).join(' ');
/** Chance that leaves every tier as it is. */
const asGiven = () => 0.999;
const named = (tiers: Tiers, url: string): Tracker => tiers.all.find((tracker) => tracker.url === url) as Tracker;

describe('Tiers', () => {
  it('shuffle within a tier, never across', () => {
    const orders = new Set(Array.from({ length: 200 }, (_, seed) => urls(new Tiers([['a', 'b', 'c'], ['d']], seeded(seed)).ready(0))));
    expect([...orders].sort()).toEqual(['a b c d', 'a c b d', 'b a c d', 'b c a d', 'c a b d', 'c b a d']);
  });

  it('put what answers to the front of its own tier', () => {
    const tiers = new Tiers(
      [
        ['a', 'b'],
        ['c', 'd', 'e'],
      ],
      asGiven,
    );
    tiers.answered(named(tiers, 'e'), [], 0);
    expect(urls(tiers.ready(0))).toBe('a b e c d');
  });

  it('ask those last that failed where another answered, until it is time again', () => {
    const tiers = new Tiers([['a'], ['b'], ['c']], asGiven);
    tiers.answered(named(tiers, 'b'), [named(tiers, 'a')], 100);
    expect(urls(tiers.ready(99))).toBe('b c a');
    expect(urls(tiers.ready(100))).toBe('a b c');
  });

  it('leave alone those that asked for it', () => {
    const tiers = new Tiers([['a', 'b']], asGiven);
    named(tiers, 'a').restsUntil = 50;
    expect([urls(tiers.ready(49)), tiers.rest(49)]).toEqual(['b', 0]);
    named(tiers, 'b').restsUntil = 80;
    expect([urls(tiers.ready(49)), tiers.rest(49)]).toEqual(['', 1]);
    expect([urls(tiers.ready(50)), tiers.rest(50)]).toEqual(['a', 0]);
  });

  it('keep each URL once, a hundred in all, and no empty tier', () => {
    expect(urls(new Tiers([['a', 'a'], [], ['b', 'a']], asGiven).all)).toBe('a b');
    const many = Array.from({ length: 300 }, (_, index) => [`${index}`]);
    expect(new Tiers(many, asGiven).all).toHaveLength(MAX_TRACKERS);
  });

  it('hold their invariants whatever happens', () => {
    const event = fc.tuple(fc.constantFrom('answered', 'dropped', 'rests'), fc.nat(20), fc.nat(1000));
    const run = fc.property(fc.array(fc.array(fc.string({ maxLength: 2 }), { maxLength: 6 }), { maxLength: 6 }), fc.array(event), (given, events) => {
      const tiers = new Tiers(given, seeded(1));
      for (const [kind, which, time] of events) {
        const before = tiers.all.length;
        const tracker = tiers.all[which % Math.max(1, before)];
        if (tracker === undefined) return;
        if (kind === 'answered') tiers.answered(tracker, tiers.all.slice(0, which), time);
        if (kind === 'dropped') tiers.dropped(tracker);
        if (kind === 'rests') tracker.restsUntil = time;
        tiers.check();
        expect(tiers.all).toHaveLength(kind === 'dropped' ? before - 1 : before);
        expect([...tiers.ready(1000)].sort(byUrl)).toEqual([...tiers.all].sort(byUrl));
      }
    });
    expect(() => fc.assert(run)).not.toThrow();
  });
});

const byUrl = (a: Tracker, b: Tracker): number => (a.url < b.url ? -1 : 1);
