import { expect, it } from 'vitest';
import * as fc from 'fast-check';
import { faultOf } from './delivery.ts';

const weather = fc.record({
  seed: fc.nat(),
  loss: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.3, noNaN: true })),
  twice: fc.double({ min: 0, max: 0.2, noNaN: true }),
  delay: fc.integer({ min: 0, max: 200 }),
  jitter: fc.integer({ min: 0, max: 150 }),
  there: fc.integer({ min: 1, max: 120_000 }),
  back: fc.integer({ min: 0, max: 60_000 }),
  sequences: fc.tuple(fc.nat(65_535), fc.nat(65_535)),
});

const GIVEN_UP = {
  ...{ seed: 22, loss: 0.2956137279979885, twice: 0, delay: 166, jitter: 2 },
  ...{ there: 42_826, back: 40_454, sequences: [0, 0] as [number, number] },
};

it('delivers every byte in order over a network that loses, doubles, delays and reorders, or both ends know', () => {
  fc.assert(
    fc.property(weather, (delivery) => {
      expect(faultOf(delivery)).toBeUndefined();
    }),
    // In this one a side gives up, and nothing but a keep-alive of the other can tell that.
    { numRuns: 300, examples: [[GIVEN_UP]] },
  );
});
