import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostPlaces, MAX_PER_HOST } from '../../../src/torrent/webSeeds/hostPlaces.ts';
import { MAX_REMEMBERED, Remembered } from '../../../src/torrent/webSeeds/remembered.ts';

describe('HostPlaces', () => {
  it('has so many for each host, and another when one is left', () => {
    const places = new HostPlaces();
    const all = Array.from({ length: MAX_PER_HOST + 1 }, () => ({}));
    expect(all.map((one) => places.take('a', one))).toEqual([true, true, true, false]);
    expect([places.take('a', all[0] as object), places.take('b', {})]).toEqual([true, true]);
    places.leave('a', all[1] as object);
    expect(places.take('a', all[3] as object)).toBe(true);
  });

  it('adds up, whoever comes and goes', () => {
    const step = fc.record({ host: fc.constantFrom('a', 'b'), one: fc.nat(9), leaves: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const places = new HostPlaces();
        const all = Array.from({ length: 10 }, () => ({}));
        for (const { host, one, leaves } of steps) {
          if (leaves) places.leave(host, all[one] as object);
          else places.take(host, all[one] as object);
          places.check();
        }
      }),
    );
  });
});

describe('Remembered', () => {
  it('is where a URL led to, until that is forgotten or it leads nowhere else', () => {
    const it = new Remembered();
    it.led('a', 'b');
    expect([it.of('a'), it.of('c')]).toEqual(['b', 'c']);
    it.forget('a');
    expect(it.of('a')).toBe('a');
    it.led('a', 'b');
    it.led('a', 'a');
    expect(it.of('a')).toBe('a');
  });

  it('forgets the oldest of too many', () => {
    const it = new Remembered();
    for (let n = 0; n < 3 * MAX_REMEMBERED; n++) {
      it.led(`${n}`, 'x');
      it.check();
    }
    expect([it.of('0'), it.of(`${2 * MAX_REMEMBERED}`)]).toEqual(['0', 'x']);
  });
});
