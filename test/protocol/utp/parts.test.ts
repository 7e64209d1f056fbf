import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { DelayHistory } from '../../../src/protocol/utp/delayHistory.ts';
import { FIRST_WINDOW, Ledbat, MAX_WINDOW, MIN_WINDOW, TARGET } from '../../../src/protocol/utp/ledbat.ts';
import { LARGEST_SIZE, PacketSize, SAFE_SIZE } from '../../../src/protocol/utp/packetSize.ts';
import { FIRST_TIMEOUT, MAX_TIMEOUT, MIN_TIMEOUT, RoundTrip } from '../../../src/protocol/utp/roundTrip.ts';
import { ahead, moved, SEQUENCES } from '../../../src/protocol/utp/sequence.ts';
import { WriteQueue } from '../../../src/protocol/utp/writeQueue.ts';

describe('numbers of packets', () => {
  it('wrap around', () => {
    expect(moved(65_535, 1)).toBe(0);
    expect(moved(0, -1)).toBe(65_535);
    expect(ahead(2, 65_534)).toBe(4);
    expect(ahead(65_534, 2)).toBe(-4);
  });

  it('are as far apart as they were moved', () => {
    fc.assert(
      fc.property(fc.nat(SEQUENCES - 1), fc.integer({ min: -32_768, max: 32_767 }), (sequence, by) => {
        expect(ahead(moved(sequence, by), sequence)).toBe(by);
      }),
    );
  });
});

describe('the time that answers take', () => {
  it('is a second until it has been measured', () => {
    expect(new RoundTrip().timeout).toBe(FIRST_TIMEOUT);
  });

  it('is smoothed, and its deviation counts four times', () => {
    const trip = new RoundTrip();
    trip.measured(800);
    expect([trip.mean, trip.timeout]).toEqual([800, 2_400]);
    trip.measured(1_600);
    expect([trip.mean, trip.patience, trip.least]).toEqual([900, 900 + 4 * 500, 800]);
  });

  it('has limits', () => {
    const [quick, slow] = [new RoundTrip(), new RoundTrip()];
    quick.measured(1);
    slow.measured(1e6);
    expect([quick.timeout, slow.timeout]).toEqual([MIN_TIMEOUT, MAX_TIMEOUT]);
  });
});

describe('the shortest delay', () => {
  it('is found across the wrap of the clock', () => {
    const history = new DelayHistory();
    expect(history.above(2 ** 32 - 10, 0)).toBe(0);
    expect(history.above(20, 1)).toBe(30);
    expect(history.base).toBe(2 ** 32 - 10);
  });

  it('is forgotten after two minutes', () => {
    const history = new DelayHistory();
    history.above(100, 0);
    for (const minute of [0.5, 1, 1.5]) expect(history.above(500, minute * 60_000)).toBe(400);
    expect(history.above(500, 120_000)).toBe(0);
  });

  it('moves with a clock that drifts', () => {
    const history = new DelayHistory();
    history.above(100, 0);
    history.drifted(50);
    expect(history.above(150, 1)).toBe(0);
  });
});

describe('the window of LEDBAT', () => {
  it('doubles with each round trip while nothing waits in queues', () => {
    const ledbat = new Ledbat();
    ledbat.delayed(5_000, 0);
    ledbat.acked(FIRST_WINDOW, FIRST_WINDOW);
    expect(ledbat.window).toBe(2 * FIRST_WINDOW);
  });

  it('does not grow while it is not used', () => {
    const ledbat = new Ledbat();
    ledbat.acked(1_000, 2_000);
    expect(ledbat.window).toBe(FIRST_WINDOW);
  });

  it('grows slowly, and gives way when packets wait for longer than the target', () => {
    const ledbat = new Ledbat();
    const waits = (delay: number): number => {
      for (let times = 0; times < 3; times++) ledbat.delayed(1_000 + delay, 0);
      const before = ledbat.window;
      ledbat.acked(before, before);
      return ledbat.window - before;
    };
    ledbat.delayed(1_000, 0);
    expect(waits(TARGET / 2)).toBeCloseTo(1_500);
    expect(waits(TARGET)).toBe(0);
    expect(waits(2 * TARGET)).toBeCloseTo(-(FIRST_WINDOW + 1_500) / 4);
  });

  it('is cut once for all that was sent before', () => {
    const ledbat = new Ledbat();
    for (let times = 0; times < 3; times++) ledbat.delayed(times === 0 ? 0 : TARGET, 10);
    ledbat.delayed(TARGET, 10);
    ledbat.lost(5, 10);
    ledbat.lost(9, 12);
    expect(ledbat.window).toBe(FIRST_WINDOW / 2);
    ledbat.lost(11, 13);
    expect(ledbat.window).toBe(FIRST_WINDOW / 4);
  });

  it('is cut less by a loss where nothing waits, which may be chance', () => {
    const ledbat = new Ledbat();
    ledbat.lost(5, 10);
    expect(ledbat.window).toBeCloseTo(FIRST_WINDOW * 0.7);
  });

  it('takes the delays of a clock that drifts for what they are', () => {
    const ledbat = new Ledbat();
    for (let second = 0; second < 60; second++) {
      // Their clock runs ahead by 1 ms a second: what comes seems quicker, what we send seems slower.
      ledbat.heard((100_000 - 1_000 * second) >>> 0, second * 1_000);
      ledbat.delayed(100_000 + 1_000 * second, second * 1_000);
    }
    expect(ledbat.queued).toBeLessThan(5_000);
  });

  it('begins anew after a timeout, and stays within its limits whatever happens', () => {
    const ledbat = new Ledbat();
    ledbat.timedOut(5);
    expect(ledbat.window).toBe(MIN_WINDOW);
    const does = fc.constantFrom<(ledbat: Ledbat, by: number) => void>(
      (it, by) => it.delayed(by * 7, by),
      (it, by) => it.heard(by * 5, by),
      (it, by) => it.acked(by, MAX_WINDOW),
      (it, by) => it.lost(by, by + 1),
      (it, by) => it.timedOut(by),
      (it) => it.rested(),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(does, fc.nat(10_000_000))), (steps) => {
        const it = new Ledbat();
        for (const [step, by] of steps) {
          step(it, by);
          it.check();
        }
      }),
    );
  });
});

describe('the size of packets', () => {
  it('is the largest if a packet of that size arrives', () => {
    const size = new PacketSize(4);
    expect(size.trial(7)).toBe(LARGEST_SIZE[4]);
    expect([size.trial(8), size.size]).toEqual([undefined, SAFE_SIZE]);
    size.arrived(7, LARGEST_SIZE[4]);
    expect([size.size, size.trial(9)]).toEqual([LARGEST_SIZE[4], undefined]);
  });

  it('is found by halves where the largest does not arrive', () => {
    fc.assert(
      fc.property(fc.integer({ min: SAFE_SIZE, max: LARGEST_SIZE[6] }), (mtu) => {
        const size = new PacketSize(6);
        for (let sequence = 0; sequence < 20; sequence++) {
          const tried = size.trial(sequence);
          if (tried === undefined) continue;
          if (tried <= mtu) size.arrived(sequence, tried);
          else expect(size.lost(sequence, tried)).toBe(true);
          size.check();
        }
        expect(size.size).toBeLessThanOrEqual(mtu);
        expect(mtu - size.size).toBeLessThan(16);
      }),
    );
  });

  it('has nothing to do with the loss of other packets', () => {
    const size = new PacketSize(4);
    size.trial(7);
    expect(size.lost(8, SAFE_SIZE)).toBe(false);
  });
});

describe('what is written', () => {
  it('is taken in order, in whatever parts', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), fc.array(fc.nat(30)), (chunks, sizes) => {
        const queue = new WriteQueue();
        for (const chunk of chunks) queue.put(chunk);
        const taken: Uint8Array[] = [];
        for (const size of [...sizes, 1_000]) {
          const part = new Uint8Array(3 + Math.min(size, queue.length));
          queue.take(part, 3);
          taken.push(part.subarray(3));
        }
        expect(Buffer.concat(taken)).toEqual(Buffer.concat(chunks));
        expect(queue.length).toBe(0);
      }),
    );
  });

  it('is gone when it is dropped', () => {
    const queue = new WriteQueue();
    queue.put(new Uint8Array(3));
    queue.clear();
    expect(queue.length).toBe(0);
    expect(() => queue.take(new Uint8Array(1), 0)).toThrow(RangeError);
  });
});
