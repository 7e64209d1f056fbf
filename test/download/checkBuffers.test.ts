import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CheckBuffers, MAX_KEPT } from '../../src/download/storage/checkBuffers.ts';
import { PieceBuffers } from '../../src/torrent/pieces/pieceDrafts.ts';

// Buffers are compared by `===`: to say how two differ a matcher would look at each of their millions of bytes.
const MiB = 2 ** 20;

// Buffers are told apart by `===`: a comparison that fails would go on to look at each of their bytes.
describe('the buffers of checks', () => {
  it('lend what another torrent has given back, if it is large enough and of the same kind', () => {
    const [small, large] = [1, 3].map((size) => new CheckBuffers(new PieceBuffers(size * MiB)));
    const shared = new CheckBuffers(new PieceBuffers(MiB, { shared: true }));
    const buffer = large?.take() as Uint8Array;
    large?.give(buffer);
    expect(shared.take() === buffer).toBe(false);
    expect(small?.take() === buffer).toBe(true);
    expect(small?.take() === buffer).toBe(false);
    expect(large?.take() === buffer).toBe(false);
  });

  it('do not keep one that is larger than all they may keep, nor lose the others for it', () => {
    const [small, large] = [1, 9].map((size) => new CheckBuffers(new PieceBuffers(size * MiB)));
    const [buffer, huge] = [small?.take() as Uint8Array, large?.take() as Uint8Array];
    small?.give(buffer);
    large?.give(huge);
    expect(small?.take() === buffer).toBe(true);
    expect(large?.take() === huge).toBe(false);
  });

  it('lend each to one at a time, and keep no more than they may', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 12 }), fc.boolean()), { maxLength: 40 }),
        (steps) => {
          const lent: [CheckBuffers, Uint8Array][] = [];
          for (const [take, size, shared] of steps) {
            const [buffers, buffer] = (take ? undefined : lent.shift()) ?? [];
            if (buffer !== undefined) buffers?.give(buffer);
            else {
              const made = new CheckBuffers(new PieceBuffers(size * MiB, { shared }));
              lent.push([made, made.take()]);
            }
            expect(new Set(lent.map(([, bytes]) => bytes)).size).toBe(lent.length);
          }
          for (const [buffers, buffer] of lent) buffers.give(buffer);
          const all = new Set(lent.map(([, bytes]) => bytes));
          const again = new CheckBuffers(new PieceBuffers(1));
          let kept = 0;
          for (let bytes = again.take(); all.has(bytes); bytes = again.take()) kept += bytes.length;
          expect(kept).toBeLessThanOrEqual(MAX_KEPT);
        },
      ),
      { numRuns: 30 },
    );
  });
});
