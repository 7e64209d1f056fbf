import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Depth, MAX_TOLERANCE, SAID_TOLERANCE, TOLERANCE, UNSAID_DEPTH } from '../../../src/torrent/requests/depth.ts';

const grown = (depth: Depth, seconds: number): number => {
  for (let n = 0; n < seconds; n++) depth.grow(true);
  return depth.most;
};

describe('how many requests a peer keeps', () => {
  it('is 250 as long as it has not said so, and what it says then', () => {
    const depth = new Depth();
    expect([UNSAID_DEPTH, depth.most]).toEqual([250, 250]);
    for (const [reqq, most] of [
      [500, 500],
      [64, 64],
      [0, 1],
      [undefined, 250],
    ] as const) {
      depth.says(reqq);
      expect(depth.most).toBe(most);
    }
  });

  it('is what was not lost, and a little more after a while; after longer each time that this was too much', () => {
    const depth = new Depth();
    depth.lost(186, 250);
    expect(depth.most).toBe(64);
    expect([grown(depth, 1), grown(depth, 1)]).toEqual([64, 68]);
    depth.lost(4, 68);
    expect([grown(depth, 2), grown(depth, 1)]).toEqual([64, 68]);
    depth.lost(4, 68);
    expect([grown(depth, 4), grown(depth, 1)]).toEqual([64, 68]);
  });

  it('does not grow while fewer are asked for', () => {
    const depth = new Depth();
    depth.lost(200, 250);
    for (let n = 0; n < 100; n++) depth.grow(false);
    expect(depth.most).toBe(50);
  });

  it('is what they say again when what was taken to be lost has come, and then it is waited for longer', () => {
    const depth = new Depth();
    depth.lost(100, 250);
    depth.mistaken();
    expect([depth.most, depth.tolerance]).toEqual([250, 2 * TOLERANCE]);
  });

  it('is believed for longer of a peer that has said it', () => {
    const depth = new Depth();
    expect(depth.tolerance).toBe(TOLERANCE);
    depth.says(500);
    expect(depth.tolerance).toBe(SAID_TOLERANCE);
    for (let n = 0; n < 9; n++) depth.mistaken();
    expect(depth.tolerance).toBe(MAX_TOLERANCE);
  });

  it('is never less than two, nor more than they say, whatever happens', () => {
    const event = fc.oneof(
      fc.record({
        type: fc.constant('lost' as const),
        count: fc.integer({ min: 1, max: 600 }),
        limit: fc.integer({ min: 1, max: 500 }),
      }),
      fc.record({ type: fc.constant('grow' as const), full: fc.boolean() }),
      fc.record({ type: fc.constant('mistaken' as const) }),
    );
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 100 }),
        fc.option(fc.integer({ min: 2, max: 2000 }), { nil: undefined }),
        (events, reqq) => {
          const depth = new Depth();
          depth.says(reqq);
          for (const each of events) {
            if (each.type === 'lost') depth.lost(each.count, each.limit);
            else if (each.type === 'grow') depth.grow(each.full);
            else depth.mistaken();
            expect(depth.most).toBeGreaterThanOrEqual(2);
            expect(depth.most).toBeLessThanOrEqual(reqq ?? UNSAID_DEPTH);
            depth.check();
          }
        },
      ),
    );
  });
});
