import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Kinds, SparseBytes } from './sparse.ts';
import { blockBytes, torrentOf } from './torrent.ts';
import { Geometry } from '../src/torrent/geometry.ts';

const LENGTH = 5 * 16_384 - 100;
const right = blockBytes(new Geometry(torrentOf({ pieces: 5, blocksPerPiece: 1 })), 0, 0, LENGTH);

interface Act {
  readonly from: number;
  readonly length: number;
  readonly isRight: boolean;
}

const acts = fc.array(
  fc.record({
    from: fc.oneof(fc.constantFrom(0, 16_384, 32_768, 65_536), fc.nat(LENGTH - 1)),
    length: fc.oneof(fc.constantFrom(16_384, 32_768, 16_284), fc.nat(40_000)),
    isRight: fc.boolean(),
  }),
  { maxLength: 12 },
);

const written = ({ from, length, isRight }: Act): Uint8Array => {
  const bytes = right.slice(from, from + length);
  return isRight ? bytes : bytes.map((byte) => byte ^ 0x55);
};

describe('a disk that keeps only what is odd', () => {
  it('reads back what was last written, as one that keeps all', () => {
    fc.assert(
      fc.property(acts, fc.nat(12), (all, looked) => {
        const [sparse, plain] = [new SparseBytes(new Kinds(), LENGTH), new Uint8Array(LENGTH)];
        all.forEach((act, nth) => {
          const bytes = written(act);
          sparse.write(act.from, bytes);
          plain.set(bytes, act.from);
          // Who looks at all of it changes nothing.
          if (nth === looked) expect(Buffer.compare(sparse.whole, plain)).toBe(0);
          sparse.check();
          const there = new Uint8Array(act.length + 1).subarray(0, Math.min(act.length + 1, LENGTH - act.from));
          sparse.read(act.from, there);
          expect(Buffer.compare(there, plain.subarray(act.from, act.from + there.length))).toBe(0);
        });
        for (let at = 0; at < 5; at++) {
          const [from, to] = [at * 16_384, Math.min((at + 1) * 16_384, LENGTH)];
          expect(sparse.isRight(at)).toBe(Buffer.compare(plain.subarray(from, to), right.subarray(from, to)) === 0);
        }
      }),
    );
  });

  it('knows the bytes of the torrent from any others', () => {
    fc.assert(
      fc.property(fc.nat(LENGTH - 2), fc.integer({ min: 1, max: 40_000 }), fc.nat(39_999), (from, length, odd) => {
        const bytes = right.slice(from, from + length);
        expect(new Kinds().holds(from, bytes)).toBe(true);
        bytes.fill((bytes[odd % bytes.length] as number) + 1, odd % bytes.length, (odd % bytes.length) + 1);
        expect(new Kinds().holds(from, bytes)).toBe(false);
      }),
    );
  });
});
