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

it('delivers every byte in order over a network that loses, doubles, delays and reorders, or both ends know', () => {
  fc.assert(
    fc.property(weather, (delivery) => {
      expect(faultOf(delivery)).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});
