import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalIds, sha1 } from '../../../src/protocol/encoding/id.ts';
import { BLOCK, Geometry } from '../../../src/torrent/geometry.ts';
import { KEPT_IDLE, PieceBuffers, PieceDrafts } from '../../../src/torrent/pieces/pieceDrafts.ts';

const TAIL = 100;
// Three pieces of two blocks; the last has a block of 100 bytes.
const geometry = new Geometry({ length: 5 * BLOCK + TAIL, pieceLength: 2 * BLOCK });
const world = () => {
  const buffers = new PieceBuffers(geometry.pieceLength);
  const drafts = new PieceDrafts<string>(geometry, buffers);
  const add = (piece: number, block: number, fill = 1, from = 'a') => {
    const bytes = new Uint8Array(geometry.blockSize(piece, block)).fill(fill);
    const whole = drafts.add({ piece, begin: block * BLOCK, bytes, from });
    drafts.check();
    return whole;
  };
  return { buffers, drafts, add };
};

describe('drafts of pieces', () => {
  it('have padding from the beginning, in memory that held something else', () => {
    const files = [
      { offset: 0, length: BLOCK, padding: false },
      { offset: BLOCK, length: 2 * BLOCK, padding: true },
    ];
    const hashed = () => createHash('sha1');
    const buffers = new PieceBuffers(3 * BLOCK);
    const used = buffers.take().fill(7);
    buffers.give(used);
    const shape = new Geometry({ length: 3 * BLOCK, pieceLength: 3 * BLOCK, files });
    const drafts = new PieceDrafts<string>(shape, buffers, hashed);
    const piece = drafts.add({ piece: 0, begin: 0, bytes: new Uint8Array(BLOCK).fill(1), from: 'a' });
    const right = new Uint8Array(3 * BLOCK).fill(1, 0, BLOCK);
    expect(piece?.bytes).toEqual(right);
    expect(piece?.from).toEqual(['a']);
    expect(equalIds(piece?.digest as Uint8Array, sha1(right))).toBe(true);
  });

  it('gather blocks in any order, of several pieces at once', () => {
    const { drafts, add, buffers } = world();
    expect(add(1, 1, 4, 'b')).toBeUndefined();
    expect(add(0, 0, 1)).toBeUndefined();
    expect(drafts.size).toBe(2);
    const piece = add(1, 0, 3, 'c');
    expect([piece?.index, piece?.from, piece?.bytes.length]).toEqual([1, ['c', 'b'], 2 * BLOCK]);
    expect([piece?.bytes[0], piece?.bytes[BLOCK - 1], piece?.bytes[BLOCK], piece?.bytes.at(-1)]).toEqual([3, 3, 4, 4]);
    expect([drafts.size, drafts.gathered, buffers.lent]).toEqual([1, 3 * BLOCK, 2]);
  });

  it('keep what was only lent', () => {
    const { drafts } = world();
    const bytes = new Uint8Array(BLOCK).fill(7);
    drafts.add({ piece: 0, begin: 0, bytes, from: 'a' });
    bytes.fill(0);
    const piece = drafts.add({ piece: 0, begin: BLOCK, bytes, from: 'a' });
    expect([piece?.bytes[0], piece?.bytes[BLOCK]]).toEqual([7, 0]);
  });

  it('cut the last piece to its length', () => {
    const { add } = world();
    add(2, 1, 9);
    const last = add(2, 0, 8);
    expect([last?.bytes.length, last?.bytes.at(-1)]).toEqual([BLOCK + TAIL, 9]);
  });

  it('give a buffer back once, however often it is released, and use it again', () => {
    const { add, buffers } = world();
    add(0, 0);
    const first = add(0, 1);
    first?.release();
    first?.release();
    expect([buffers.lent, buffers.made]).toEqual([0, 1]);
    add(1, 0);
    add(0, 0);
    expect([buffers.lent, buffers.made]).toEqual([2, 2]);
    first?.release();
    expect(buffers.lent).toBe(2);
  });

  it('void what is dropped, and begin anew', () => {
    const { drafts, add, buffers } = world();
    add(0, 0, 5);
    drafts.drop(0);
    drafts.drop(0);
    drafts.drop(1);
    expect([drafts.size, buffers.lent]).toEqual([0, 0]);
    expect(add(0, 1)).toBeUndefined();
    expect(add(0, 0, 6)?.bytes[0]).toBe(6);
  });

  it('keep the right blocks of a corrupt piece, in the same memory, and take the others once more', () => {
    const { drafts, add, buffers } = world();
    add(0, 1, 9, 'liar');
    const corrupt = add(0, 0, 1, 'a');
    corrupt?.keep([1]);
    corrupt?.release();
    expect([drafts.size, buffers.lent, buffers.made]).toEqual([1, 1, 1]);
    expect(() => add(0, 0)).toThrow(RangeError);
    const mended = add(0, 1, 2, 'b');
    expect([mended?.bytes[0], mended?.bytes[BLOCK], mended?.from]).toEqual([1, 2, ['a', 'b']]);
    expect(mended?.digest).toBeUndefined();
    mended?.release();
    corrupt?.keep([0]);
    expect([drafts.size, buffers.lent]).toEqual([0, 0]);
  });

  it.each([
    ['a block twice', 0, 0, BLOCK],
    ['one that begins in the middle', 1, 7, BLOCK],
    ['one too short', 1, 0, BLOCK - 1],
    ['one beyond the end', 1, 2 * BLOCK, BLOCK],
    ['one too long for the end', 2, BLOCK, BLOCK],
  ])('refuse %s', (_, piece, begin, length) => {
    const { drafts, add } = world();
    add(0, 0);
    expect(() => drafts.add({ piece, begin, bytes: new Uint8Array(length), from: 'a' })).toThrow(RangeError);
  });
});

describe('drafts that are digested while they come', () => {
  const long = new Geometry({ length: 31 * BLOCK + TAIL, pieceLength: 20 * BLOCK });
  const bytesOf = (piece: number, block: number) =>
    Uint8Array.from({ length: long.blockSize(piece, block) }, (_, at) => (at * 7 + block * 31 + piece) % 251);

  it('have the digest of all their bytes, in whatever order the blocks come', () => {
    const anyOrder = fc.shuffledSubarray(
      [0, 1].flatMap((piece) => Array.from({ length: long.blockCount(piece) }, (_, block) => ({ piece, block }))),
      { minLength: 32 },
    );
    fc.assert(
      fc.property(fc.boolean(), anyOrder, (inOrder, shuffled) => {
        const blocks = inOrder ? shuffled.toSorted((a, b) => a.piece - b.piece || a.block - b.block) : shuffled;
        const drafts = new PieceDrafts<string>(long, undefined, () => createHash('sha1'));
        const pieces = blocks.flatMap(
          ({ piece, block }) =>
            drafts.add({ piece, begin: block * BLOCK, bytes: bytesOf(piece, block), from: 'a' }) ?? [],
        );
        expect(pieces.map(({ bytes, digest }) => equalIds(digest ?? new Uint8Array(), sha1(bytes)))).toEqual([
          true,
          true,
        ]);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it('hash several blocks at once, and each byte once', () => {
    const seen: number[] = [];
    const hasher = () => ({
      update: (bytes: Uint8Array) => seen.push(bytes.length / BLOCK),
      digest: () => new Uint8Array(20),
    });
    const drafts = new PieceDrafts<string>(long, undefined, hasher);
    for (let block = 0; block < 20; block++)
      drafts.add({ piece: 0, begin: block * BLOCK, bytes: bytesOf(0, block), from: 'a' });
    expect(seen).toEqual([4, 4, 4, 4, 4]);
  });

  it('have none without a hasher', () => {
    expect(world().add(1, 0)).toBeUndefined();
    const { add } = world();
    add(1, 0);
    expect(add(1, 1)?.digest).toBeUndefined();
  });
});

describe('buffers of pieces', () => {
  it('are memory of one thread, unless told otherwise', () => {
    expect(new PieceBuffers(8, { shared: true }).take().buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(new PieceBuffers(8).take().buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('gather the same in shared memory, each block in its place', () => {
    const geometry = new Geometry({ length: 3 * BLOCK + 5, pieceLength: 4 * BLOCK });
    const drafts = new PieceDrafts<string>(geometry, new PieceBuffers(geometry.length, { shared: true }));
    const blocks = [0, 1, 2, 3].map((block) => new Uint8Array(geometry.blockSize(0, block)).fill(block + 1));
    const whole = [2, 0, 3, 1]
      .map((block) => drafts.add({ piece: 0, begin: block * BLOCK, bytes: blocks[block] as Uint8Array, from: 'a' }))
      .at(-1);
    expect(whole?.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(Buffer.concat(blocks).equals(whole?.bytes as Uint8Array)).toBe(true);
  });

  it('are used again, the last given first', () => {
    const buffers = new PieceBuffers(8);
    const [one, two] = [buffers.take(), buffers.take()];
    buffers.give(one);
    buffers.give(two);
    expect([buffers.take(), buffers.take()]).toEqual([two, one]);
    expect(buffers.take()).not.toBe(one);
    expect([buffers.made, buffers.lent]).toEqual([3, 3]);
  });

  it.each([
    ['one, if it is large', KEPT_IDLE, 1],
    ['as many as are small in sum', KEPT_IDLE / 4, 4],
  ])('are let go once all of them are back, but for %s: the last given', (_, size, kept) => {
    const buffers = new PieceBuffers(size);
    const all = Array.from({ length: 6 }, () => buffers.take());
    for (const one of all) buffers.give(one);
    const again = all.map(() => all.indexOf(buffers.take()));
    expect(again.filter((nth) => nth >= 0)).toEqual([5, 4, 3, 2].slice(0, kept));
    expect(buffers.made).toBe(all.length * 2 - kept);
  });

  it('are no longer than a torrent that is shorter than a piece', () => {
    const small = new PieceDrafts<string>(new Geometry({ length: 10, pieceLength: 2 ** 24 }));
    expect(small.add({ piece: 0, begin: 0, bytes: new Uint8Array(10), from: 'a' })?.bytes.buffer.byteLength).toBe(10);
  });
});
