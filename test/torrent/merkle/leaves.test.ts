import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK } from '../../../src/torrent/geometry.ts';
import { HashShelf } from '../../../src/torrent/merkle/hashShelf.ts';
import { isProved, proofLength } from '../../../src/torrent/merkle/layerTree.ts';
import { LeafDraft } from '../../../src/torrent/merkle/leafDraft.ts';
import { blockHashes, HASH } from '../../../src/torrent/metainfo/merkle.ts';
import { parseTorrent } from '../../../src/torrent/metainfo/metainfo.ts';
import { bytesV2 } from '../metainfo/madeV2.ts';

const content = (blocks: number): Uint8Array =>
  new Uint8Array(blocks * BLOCK - 7).map((_, at) => (at * 31) ^ (at >> 12));
const torrentOf = (blocks: number, pieceBlocks: number) => {
  const bytes = content(blocks);
  const files = [
    { path: ['a'], bytes },
    { path: ['b'], bytes: bytes.subarray(0, 3 * BLOCK - 5).map((byte) => byte ^ 1) },
  ];
  return { bytes, torrent: parseTorrent(bytesV2(files, pieceBlocks * BLOCK)) };
};
const sizes = fc.record({ blocks: fc.integer({ min: 4, max: 30 }), level: fc.integer({ min: 1, max: 3 }) });

describe('hashes of blocks', () => {
  it('that are asked for are given, lead to the root of the piece, and are those of the blocks', () => {
    fc.assert(
      fc.property(sizes, ({ blocks, level }) => {
        const { bytes, torrent } = torrentOf(blocks, 2 ** level);
        const [shelf, draft] = [new HashShelf(torrent), new LeafDraft(torrent)];
        for (let piece = 0, at = 0; at < bytes.length; piece++, at += torrent.pieceLength) {
          const own = bytes.subarray(at, at + torrent.pieceLength);
          let told: Uint8Array | undefined;
          if (draft.examine(piece, (leaves) => (told = leaves)) === undefined) {
            expect(own.length).toBeLessThanOrEqual(BLOCK);
            continue;
          }
          const request = draft.next(0, () => true);
          if (request === undefined) throw new Error('nothing is asked');
          expect(shelf.pieceOf(request)).toBe(piece);
          const hashes = shelf.leaves(request, own) ?? new Uint8Array();
          draft.check();
          expect(draft.received({ ...request, type: 'hashes', hashes })).toBe('kept');
          draft.check();
          expect(told).toEqual(blockHashes(own));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are proved up to the root of the file, as far as is asked for', () => {
    const { bytes, torrent } = torrentOf(21, 4);
    const shelf = new HashShelf(torrent);
    const root = torrent.files[0]?.root ?? new Uint8Array();
    for (let index = 0; index < 20; index += 2) {
      const range = { type: 'hashRequest', root, base: 0, index, length: 2, proof: 4 } as const;
      const piece = shelf.pieceOf(range) ?? -1;
      expect(piece).toBe(Math.floor(index / 4));
      const hashes = shelf.leaves(range, bytes.subarray(piece * 4 * BLOCK, (piece + 1) * 4 * BLOCK));
      expect(hashes?.length).toBe((2 + proofLength(range)) * HASH);
      expect(isProved(root, range, hashes ?? new Uint8Array())).toBe(true);
    }
  });

  it('are not read for ranges that there are not, whatever the numbers', () => {
    const { torrent } = torrentOf(21, 4);
    const shelf = new HashShelf(torrent);
    const numbers = fc.oneof(fc.nat({ max: 64 }), fc.nat({ max: 2 ** 32 - 1 }));
    const root = fc.constantFrom(...torrent.files.map((file) => file.root as Uint8Array), new Uint8Array(HASH));
    fc.assert(
      fc.property(root, numbers, numbers, numbers, numbers, (of, base, index, length, proof) => {
        const range = { type: 'hashRequest', root: of, base, index, length, proof } as const;
        const piece = shelf.pieceOf(range);
        if (piece === undefined) return;
        expect(piece).toBeLessThan(torrent.pieceSizes?.length ?? 0);
        const hashes = shelf.leaves(range, new Uint8Array(torrent.pieceSizes?.[piece] ?? 0));
        expect(hashes?.length).toBe((length + proofLength(range)) * HASH);
      }),
    );
  });

  it('are asked for in several ranges of a piece of more than 512, each proved by itself', () => {
    const pieceLength = 1_024 * BLOCK;
    const bytes = new Uint8Array(pieceLength + 600 * BLOCK).map((_, at) => at >> 14);
    const torrent = parseTorrent(bytesV2([{ path: ['a'], bytes }], pieceLength));
    const [shelf, draft] = [new HashShelf(torrent), new LeafDraft(torrent)];
    let told: Uint8Array | undefined;
    const own = bytes.subarray(pieceLength);
    draft.examine(1, (leaves) => (told = leaves));
    const asked = new Set<string>();
    for (let request; (request = draft.next(0, (key) => !asked.has(key) && asked.add(key) !== undefined)); ) {
      expect(request).toMatchObject({ length: 512, proof: 9 });
      const hashes = shelf.leaves(request, own) ?? new Uint8Array();
      const lie = hashes.map((byte, at) => (at === 40 ? byte ^ 1 : byte));
      expect(draft.received({ ...request, type: 'hashes', hashes: lie })).toBe('wrong');
      expect(draft.received({ ...request, type: 'hashes', hashes })).toBe('kept');
    }
    expect(asked.size).toBe(2);
    expect(told).toEqual(blockHashes(own));
  });

  it('are not asked for of more than 16 pieces at a time', () => {
    const draft = new LeafDraft(parseTorrent(bytesV2([{ path: ['a'], bytes: content(80) }], 2 * BLOCK)));
    const begun = Array.from({ length: 20 }, (_, piece) => draft.examine(piece, () => {}));
    expect(begun.filter((end) => end !== undefined).length).toBe(16);
    begun[3]?.();
    expect(draft.examine(19, () => {})).toBeDefined();
  });
});
