import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifier } from '../../../src/disk/hashing/verifier.ts';
import { type Encodable, encode } from '../../../src/protocol/encoding/bencode.ts';
import { toHex } from '../../../src/protocol/encoding/id.ts';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';
import { Bitfield } from '../../../src/torrent/bitfield.ts';
import { Geometry } from '../../../src/torrent/geometry.ts';
import { blockHashes, hasRoot, merkleRoot } from '../../../src/torrent/metainfo/merkle.ts';
import { hashLengthOf, parseInfo, parseTorrent, Unsupported } from '../../../src/torrent/metainfo/metainfo.ts';
import { FileSelection } from '../../../src/torrent/picker/fileSelection.ts';
import { bytesV2, layerOf, madeV2 } from './madeV2.ts';

/** Made by libtorrent 2.0.8, with pieces of 32 KiB: the bytes of a file are (i · seed) >> 3, modulo 256. */
const FOLDER = Buffer.from(
  'ZDEzOmNyZWF0aW9uIGRhdGVpMGU0OmluZm9kOTpmaWxlIHRyZWVkNTphLmJpbmQwOmQ2Omxlbmd0aGkxMDAwMDBlMTE6cGllY2VzIHJvb3QzMj' +
    'oStQID2ZXcFeD18Pr0T1P8FvHIajmdvpSvZmOGYngipmVlNTplbXB0eWQwOmQ2Omxlbmd0aGkwZWVlMzpzdWJkNTpiLmJpbmQwOmQ2Omxlbmd0' +
    'aGkxNjM4NGUxMTpwaWVjZXMgcm9vdDMyOktSpibtwwlN4vFxZ24T4rvs5ueuRZEvBCRwEolR6vmfZWU1OmMuYmluZDA6ZDY6bGVuZ3RoaTQwMD' +
    'AwZTExOnBpZWNlcyByb290MzI60z2IbbI+c5j2lE1BJfZ2pWkwgIOcVxgIVLvldgAVwkBlZWU1OnouYmluZDA6ZDY6bGVuZ3RoaTVlMTE6cGll' +
    'Y2VzIHJvb3QzMjqh+aVJ3ceElZU38ITHmsVWTegIBQPfyEKlRhYze4fXlWVlZTEyOm1ldGEgdmVyc2lvbmkyZTQ6bmFtZTU6djJkaXIxMjpwaW' +
    'VjZSBsZW5ndGhpMzI3NjhlZTEyOnBpZWNlIGxheWVyc2QzMjoStQID2ZXcFeD18Pr0T1P8FvHIajmdvpSvZmOGYngipjEyODr0vglarvohoQ/C' +
    '+0yZV4wNAlKY9UxQ869Te+S1JvZPpfS+CVqu+iGhD8L7TJlXjA0CUpj1TFDzr1N75LUm9k+l9L4JWq76IaEPwvtMmVeMDQJSmPVMUPOvU3vktS' +
    'b2T6VjmWbUj1qqk/JUf+RCXTiDW7ucbePHEwJ6QwC7OXCkWTMyOtM9iG2yPnOY9pRNQSX2dqVpMICDnFcYCFS75XYAFcJANjQ6gKpdCX58+FPs' +
    '9RQ0lvKDa1P/oMmfxUQJ+z80tWjbM5U6M1HUFDcZo+d3192jo7SdhKF36mt/6HVibuAb5hjlA2Vl',
  'base64',
);
const made = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * seed) >> 3);
const CONTENT: Readonly<Record<string, Uint8Array>> = {
  'a.bin': made(100_000, 7),
  empty: new Uint8Array(),
  'sub/b.bin': made(16_384, 5),
  'sub/c.bin': made(40_000, 3),
  'z.bin': made(5, 3),
};
const PIECE = 32_768;

/** The bytes of each piece of a file. */
const piecesOf = (bytes: Uint8Array, pieceLength = PIECE): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / pieceLength) }, (_, index) =>
    bytes.subarray(index * pieceLength, (index + 1) * pieceLength),
  );

describe('a torrent of version 2 only', () => {
  it('is known by the beginning of its info-hash, and has files that begin with a piece', () => {
    const torrent = parseTorrent(FOLDER);
    expect(toHex(torrent.infoHashV2 ?? new Uint8Array())).toBe(
      '7aa04958e3279bb8e7e8fbcb660ca2f9cea30bd18a541dc96aac5ac7d74f79b5',
    );
    expect(toHex(torrent.infoHash)).toBe('7aa04958e3279bb8e7e8fbcb660ca2f9cea30bd1');
    expect(torrent.files.map(({ path, offset, length }) => [path.join('/'), offset, length])).toEqual([
      ['a.bin', 0, 100_000],
      ['empty', 100_000, 0],
      ['sub/b.bin', 4 * PIECE, 16_384],
      ['sub/c.bin', 5 * PIECE, 40_000],
      ['z.bin', 7 * PIECE, 5],
    ]);
    expect(torrent.pieceSizes).toEqual([PIECE, PIECE, PIECE, 1696, 16_384, PIECE, 7232, 5]);
    expect([torrent.length, torrent.layout, hashLengthOf(torrent)]).toEqual([7 * PIECE + 5, 'folder', 32]);
  });

  it('has hashes by which each piece is told from others, digested before or not', () => {
    const torrent = parseTorrent(FOLDER);
    const verify = verifier(torrent, { workers: 0 });
    const pieces = Object.values(CONTENT).flatMap((bytes) => piecesOf(bytes));
    expect(pieces.length).toBe(8);
    pieces.forEach((bytes, index) => {
      expect(verify({ index, bytes })).toBe(true);
      expect(verify({ index, bytes: new Uint8Array(), digest: blockHashes(bytes) })).toBe(true);
      const wrong = Uint8Array.from(bytes);
      wrong[bytes.length - 1] = (wrong[bytes.length - 1] as number) ^ 1;
      expect(verify({ index, bytes: wrong })).toBe(false);
      expect(verify({ index, bytes: bytes.subarray(1) })).toBe(false);
    });
  });

  it('is one file only if the name is that of the file', () => {
    const one = { path: ['content'], bytes: made(70_000, 11) };
    expect(parseTorrent(bytesV2([one], 16_384)).layout).toBe('file');
    expect(parseTorrent(bytesV2([one], 16_384, 'other')).layout).toBe('folder');
  });

  it('as metadata of peers has no hashes but those of files of one piece', () => {
    const { info } = madeV2([{ path: ['a'], bytes: made(70_000, 1) }], 65_536);
    expect(parseInfo(encode(info as Encodable)).lacksHashes).toBe(true);
    const small = madeV2([{ path: ['a'], bytes: made(60_000, 1) }], 65_536);
    expect(parseInfo(encode(small.info as Encodable)).lacksHashes).toBeUndefined();
  });

  const files = [
    { path: ['a'], bytes: made(70_000, 1) },
    { path: ['b'], bytes: made(40_000, 3) },
  ];
  const good = madeV2(files, 16_384);
  const other = (bytes: Uint8Array): Map<string, Uint8Array> => {
    const [first = ''] = good['piece layers'].keys();
    return new Map([...good['piece layers'], [first, bytes]]);
  };
  const layer = layerOf(made(70_000, 1), 16_384);

  it.each<readonly [string, Record<string, unknown>, RegExp]>([
    ['no piece layers', { 'piece layers': undefined }, /piece layers: expected the hashes of all pieces/],
    ['a list of layers', { 'piece layers': [] }, /piece layers: expected a dictionary/],
    ['a layer too few', { 'piece layers': new Map([...good['piece layers']].slice(1)) }, /the hashes of all pieces/],
    ['a layer that is too short', { 'piece layers': other(layer.subarray(32)) }, /expected 160 bytes, got 128/],
    [
      'a layer that is too long',
      { 'piece layers': other(new Uint8Array(Buffer.concat([layer, layer]))) },
      /expected 160 bytes, got 320/,
    ],
    ['a wrong layer', { 'piece layers': other(layer.map((byte) => byte ^ 1)) }, /expected hashes with the root/],
    ['odd pieces', { info: { ...good.info, 'piece length': 20_000 } }, /power of two from 16384/],
    ['small pieces', { info: { ...good.info, 'piece length': 8192 } }, /power of two from 16384/],
    ['a root that is too short', { info: treed({ a: file(5, 31) }) }, /a pieces root of 32 bytes/],
    ['a length below 0', { info: treed({ a: file(-1) }) }, /a file with a length/],
    ['nothing', { info: treed({}) }, /at least one byte/],
    ['only empty files', { info: treed({ a: file(0) }) }, /at least one byte/],
    ['a name with a folder', { info: treed({ 'a/b': file(5) }) }, /a name without folders/],
    ['a way out', { info: treed({ '..': { a: file(5) } }) }, /a name without folders/],
    ['a file that is a folder', { info: treed({ a: { ...file(5), b: file(5) } }) }, /a file or a folder, got both/],
    ['a file without a name', { info: treed({ '': { length: 5 } }) }, /a file or a folder/],
    [
      'more than can be counted',
      { info: treed({ a: file(2 ** 52), b: file(2 ** 52), c: file(5) }) },
      /at most \d+ bytes|pieces/,
    ],
    ['too many pieces', { info: treed({ a: file(2 ** 45) }) }, /at most 2097152 pieces/],
  ])('is refused with %s', (_, change, why) => {
    const bytes = encode({ ...good, ...change });
    expect(() => parseTorrent(bytes)).toThrow(Malformed);
    expect(() => parseTorrent(bytes)).toThrow(why);
  });

  it('is refused with a tree of 200 folders inside one another', () => {
    let tree = file(5);
    for (let depth = 0; depth < 200; depth++) tree = { a: tree };
    expect(() => parseTorrent(encode({ info: { ...good.info, 'file tree': tree } } as Encodable))).toThrow(Malformed);
  });

  it('of a version to come is not supported', () => {
    for (const version of [3, 1, undefined, 'x']) {
      const bytes = encode({ ...good, info: { ...good.info, 'meta version': version } });
      expect(() => parseTorrent(bytes)).toThrow(Unsupported);
      expect(() => parseTorrent(bytes)).toThrow('BEP 52');
    }
  });
});

/** A file in a tree, with a root of so many bytes. */
function file(length: number, root = 32): Record<string, unknown> {
  return { '': { length, 'pieces root': new Uint8Array(root) } };
}

function treed(tree: Record<string, unknown>): Record<string, unknown> {
  return { 'file tree': tree, 'meta version': 2, name: 'x', 'piece length': 16_384 };
}

describe('whatever the files', () => {
  it('pieces are sound, and their bytes are those of the files', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.constantFrom(16_384, 32_768, 65_536)), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(sizes, fc.constantFrom(16_384, 32_768, 65_536), (lengths, pieceLength) => {
        fc.pre(lengths.some((length) => length > 0));
        const files = lengths.map((length, n) => ({ path: [`f${n}`], bytes: made(length, n + 3) }));
        const torrent = parseTorrent(bytesV2(files, pieceLength));
        const geometry = new Geometry(torrent);
        const verify = verifier(torrent, { workers: 0 });
        const pieces = files.flatMap(({ bytes }) => piecesOf(bytes, pieceLength));
        expect(pieces.length).toBe(geometry.pieceCount);
        pieces.forEach((bytes, index) => {
          expect(geometry.pieceSize(index)).toBe(bytes.length);
          expect(geometry.blockCount(index)).toBe(Math.ceil(bytes.length / 16_384));
          expect(geometry.adjoins(index)).toBe(bytes.length === pieceLength);
          expect(geometry.pieceRoom(index)).toBe(pieceLength);
          expect(verify({ index, bytes })).toBe(true);
        });
        const all = new Bitfield(geometry.pieceCount);
        all.setAll();
        const total = lengths.reduce((sum, length) => sum + length, 0);
        const selection = new FileSelection(torrent, geometry);
        expect([geometry.total, geometry.bytesOf(all), selection.total.bytes]).toEqual([total, total, total]);
        expect(selection.in(all).bytes).toBe(total);
        all.clear(0);
        expect(selection.in(all).bytes).toBe(total - geometry.pieceSize(0));
      }),
      { numRuns: 40 },
    );
  });

  it('a root is met by its own blocks only', () => {
    const hashes = blockHashes(made(40_000, 3));
    expect(hasRoot(merkleRoot(hashes), hashes, 65_536)).toBe(true);
    const padded = new Uint8Array(8 * 32);
    padded.set(hashes);
    expect(hasRoot(merkleRoot(padded), hashes, 131_072)).toBe(true);
    expect(hasRoot(merkleRoot(padded), hashes, 65_536)).toBe(false);
    expect(hasRoot(merkleRoot(hashes), hashes.subarray(32), 65_536)).toBe(false);
  });
});
