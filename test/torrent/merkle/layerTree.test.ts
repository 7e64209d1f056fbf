import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/protocol/encoding/id.ts';
import { isProved, LayerTree, proofLength } from '../../../src/torrent/merkle/layerTree.ts';
import { HASH, merkleRoot } from '../../../src/torrent/metainfo/merkle.ts';

const layerOf = (pieces: number): Uint8Array =>
  new Uint8Array(Buffer.concat(Array.from({ length: pieces }, (_, n) => sha256(Uint8Array.of(n, n >> 8)))));

describe('ranges of a layer', () => {
  it('are proved by what comes with them, and by nothing else', () => {
    const shape = fc.record({ pieces: fc.integer({ min: 2, max: 1200 }), bits: fc.integer({ min: 1, max: 9 }) });
    fc.assert(
      fc.property(shape, fc.nat(), fc.nat(), ({ pieces, bits }, at, spoilt) => {
        const width = 2 ** Math.ceil(Math.log2(pieces));
        const length = Math.min(width, 2 ** bits);
        const index = (at % (width / length)) * length;
        const range = { index, length, proof: Math.log2(width) - 1 };
        const [layer, levels] = [layerOf(pieces), 2];
        const root = merkleRoot(layer, levels);
        const hashes = new LayerTree(layer, levels).range(range) ?? new Uint8Array();
        expect(hashes.length).toBe((length + proofLength(range)) * HASH);
        expect(isProved(root, range, hashes)).toBe(true);
        const wrong = hashes.slice();
        wrong[spoilt % wrong.length] = (wrong[spoilt % wrong.length] as number) ^ 1;
        expect(isProved(root, range, wrong)).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  it('are none out of bounds', () => {
    const tree = new LayerTree(layerOf(1000), 0);
    const good = { index: 512, length: 512, proof: 9 };
    expect(tree.range(good)?.length).toBe(513 * HASH);
    for (const change of [
      ...[{ index: 1024 }, { index: 2 ** 32 - 512 }, { index: 256 }, { length: 1024 }, { length: 0 }, { length: 1 }],
      ...[{ length: 3 }, { proof: 10 }, { proof: 2 ** 32 - 1 }],
    ])
      expect(tree.range({ ...good, ...change })).toBeUndefined();
  });
});
