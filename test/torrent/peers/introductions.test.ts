import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ASKED_WITHIN,
  Introductions,
  MAX_ASKED,
  MAX_INTRODUCED,
  MAX_INTRODUCERS,
} from '../../../src/torrent/peers/introductions.ts';

const at = (n: number) => ({ host: `192.0.2.${n % 250}`, port: 1 + Math.floor(n / 250) });
/** Peers are numbers, and the higher ones suit better; 0 can't be asked. */
const known = (): Introductions<number> => new Introductions<number>({ suits: (peer) => peer });

describe('introductions', () => {
  it('asks whom it suits best, of those that have told of the peer, and nobody for others', () => {
    const introductions = known();
    for (const by of [0, 2, 3, 1]) introductions.told(by, at(1));
    expect(introductions.unreached(at(1), 0)).toBe(3);
    expect(introductions.unreached(at(2), 0)).toBe(undefined);
    introductions.left(3);
    expect(introductions.unreached(at(1), 0)).toBe(2);
    introductions.check();
  });

  it('asks nobody who can not be asked', () => {
    const introductions = known();
    introductions.told(0, at(1));
    expect(introductions.unreached(at(1), 0)).toBe(undefined);
  });

  it('asks the next one if one can not do it, and believes that of none but of whom it has asked', () => {
    const introductions = known();
    for (const by of [1, 2]) introductions.told(by, at(1));
    expect(introductions.failed(2, at(1))).toBe(undefined);
    expect(introductions.unreached(at(1), 0)).toBe(2);
    expect([introductions.failed(1, at(1)), introductions.failed(2, at(2))]).toEqual([undefined, undefined]);
    expect(introductions.failed(2, at(1))).toBe(1);
    expect(introductions.failed(1, at(1))).toBe(undefined);
  });

  it(`asks ${MAX_ASKED} times within an hour, and again later`, () => {
    const introductions = known();
    introductions.told(1, at(1));
    const asked = [1, 2, 3, 4].map((minutes) => introductions.unreached(at(1), minutes * 60_000));
    expect(asked).toEqual([1, 1, 1, undefined]);
    expect(introductions.unreached(at(1), 60_000 + ASKED_WITHIN)).toBe(1);
  });

  it('remembers so many peers, and so many who know each', () => {
    const introductions = known();
    for (let n = 0; n <= MAX_INTRODUCED; n++) introductions.told(1, at(n));
    expect([introductions.unreached(at(0), 0), introductions.unreached(at(1), 0)]).toEqual([undefined, 1]);
    for (let by = 1; by <= MAX_INTRODUCERS + 1; by++) introductions.told(by, at(2));
    expect(introductions.unreached(at(2), 0)).toBe(MAX_INTRODUCERS);
    introductions.check();
  });

  it('keeps its promises, whatever happens', () => {
    const event = fc.record({
      type: fc.constantFrom('told', 'unreached', 'failed', 'left'),
      by: fc.nat(8),
      of: fc.nat(3),
      wait: fc.nat(ASKED_WITHIN),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const introductions = known();
        let now = 0;
        for (const { type, by, of, wait } of events) {
          now += wait;
          if (type === 'told') introductions.told(by, at(of));
          else if (type === 'left') introductions.left(by);
          else
            expect(
              type === 'failed' ? introductions.failed(by, at(of)) : introductions.unreached(at(of), now),
            ).not.toBe(0);
          introductions.check();
        }
      }),
    );
  });
});
