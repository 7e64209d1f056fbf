import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InFlight } from '../../../src/torrent/requests/inFlight.ts';

describe('what is in flight', () => {
  it('is what was added and not deleted, oldest first, whatever goes first', () => {
    const key = fc.integer({ min: 0, max: 40 });
    const step = fc.oneof(
      fc.record({ type: fc.constant('add' as const), key }),
      fc.record({ type: fc.constant('delete' as const), key }),
      fc.record({ type: fc.constant('oldest' as const), key }),
      fc.record({ type: fc.constant('clear' as const), key }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const flight = new InFlight();
        const model = new Set<number>();
        for (const { type, key } of steps) {
          const which = type === 'oldest' ? ([...model][0] ?? key) : key;
          if (type === 'add') {
            if (!model.has(which)) flight.add(which);
            model.add(which);
          } else if (type === 'clear' && which < 5) {
            flight.clear();
            model.clear();
          } else expect(flight.delete(which)).toBe(model.delete(which));
          flight.check();
          expect([flight.size, flight.has(key), flight.toArray()]).toEqual([model.size, model.has(key), [...model]]);
        }
      }),
    );
  });

  it('takes as much as there is, and keys as large as there are', () => {
    const flight = new InFlight();
    const most = 2_097_152 * 16_384;
    for (let n = 0; n < 1000; n++) flight.add(most - n);
    for (let n = 0; n < 100_000; n++) {
      expect(flight.delete(most - n)).toBe(true);
      flight.add(most - n - 1000);
    }
    flight.check();
    expect(flight.toArray()[0]).toBe(most - 100_000);
  });

  it('remembers no key that was deleted because others are still waited for', () => {
    const flight = new InFlight();
    flight.add(0);
    for (let key = 1; key < 100_000; key++) {
      flight.add(key);
      flight.delete(key);
    }
    flight.check();
    expect(flight.toArray()).toEqual([0]);
    expect(flight.capacity).toBe(16);
  });
});
