import { describe, expect, it } from 'vitest';
import { torrentOf } from '../../../src/download/magnet/layers.ts';
import { decode, type Dict, type Encodable, encode } from '../../../src/protocol/encoding/bencode.ts';
import { sha256, toHex } from '../../../src/protocol/encoding/id.ts';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';
import { fileTree } from '../../../src/torrent/metainfo/fileTree.ts';
import { formatMagnet, magnetOf, parseMagnet } from '../../../src/torrent/metainfo/magnet.ts';
import { HASH, merkleRoot, pieceLevels } from '../../../src/torrent/metainfo/merkle.ts';
import { parseTorrent } from '../../../src/torrent/metainfo/metainfo.ts';

/** Made by libtorrent 2.0.8, with pieces of 32 KiB: the bytes of a file are (i · seed) >> 3, modulo 256. */
const FOLDER = Buffer.from(
  'ZDQ6aW5mb2Q5OmZpbGUgdHJlZWQ1OmEuYmluZDA6ZDY6bGVuZ3RoaTEwMDAwMGUxMTpwaWVjZXMgcm9vdDMyOhK1AgPZldwV4PXw' +
    '+vRPU/wW8chqOZ2+lK9mY4ZieCKmZWU1OmVtcHR5ZDA6ZDY6bGVuZ3RoaTBlZWUzOnN1YmQ1OmIuYmluZDA6ZDY6bGVuZ3RoaTE2' +
    'Mzg0ZTExOnBpZWNlcyByb290MzI6S1KmJu3DCU3i8XFnbhPiu+zm565FkS8EJHASiVHq+Z9lZTY6w6QuYmluZDA6ZDY6bGVuZ3Ro' +
    'aTQwMDAwZTExOnBpZWNlcyByb290MzI60z2IbbI+c5j2lE1BJfZ2pWkwgIOcVxgIVLvldgAVwkBlZWVlNTpmaWxlc2xkNjpsZW5n' +
    'dGhpMTAwMDAwZTQ6cGF0aGw1OmEuYmluZWVkNDphdHRyMTpwNjpsZW5ndGhpMzEwNzJlNDpwYXRobDQ6LnBhZDU6MzEwNzJlZWQ2' +
    'Omxlbmd0aGkwZTQ6cGF0aGw1OmVtcHR5ZWVkNjpsZW5ndGhpMTYzODRlNDpwYXRobDM6c3ViNTpiLmJpbmVlZDQ6YXR0cjE6cDY6' +
    'bGVuZ3RoaTE2Mzg0ZTQ6cGF0aGw0Oi5wYWQ1OjE2Mzg0ZWVkNjpsZW5ndGhpNDAwMDBlNDpwYXRobDM6c3ViNjrDpC5iaW5lZWQ0' +
    'OmF0dHIxOnA2Omxlbmd0aGkyNTUzNmU0OnBhdGhsNDoucGFkNToyNTUzNmVlZTEyOm1ldGEgdmVyc2lvbmkyZTQ6bmFtZTI6aHkx' +
    'MjpwaWVjZSBsZW5ndGhpMzI3NjhlNjpwaWVjZXMxNDA6vxONpDfaq8keyCS3s412QYyL1ga/E42kN9qryR7IJLezjXZBjIvWBr8T' +
    'jaQ32qvJHsgkt7ONdkGMi9YGcF96MWaExW01Vqs9bEi3nlUNci++96DLW2w6kukuoRFR5ywvpMoRZcs3JSZbWzjnozXC0ESrHNH+' +
    '3hmjQlf8ppLdTaehI5F1Egb+UfntAXZlMTI6cGllY2UgbGF5ZXJzZDMyOhK1AgPZldwV4PXw+vRPU/wW8chqOZ2+lK9mY4ZieCKm' +
    'MTI4OvS+CVqu+iGhD8L7TJlXjA0CUpj1TFDzr1N75LUm9k+l9L4JWq76IaEPwvtMmVeMDQJSmPVMUPOvU3vktSb2T6X0vglarvoh' +
    'oQ/C+0yZV4wNAlKY9UxQ869Te+S1JvZPpWOZZtSPWqqT8lR/5EJdOINbu5xt48cTAnpDALs5cKRZMzI60z2IbbI+c5j2lE1BJfZ2' +
    'pWkwgIOcVxgIVLvldgAVwkA2NDqAql0Jfnz4U+z1FDSW8oNrU/+gyZ/FRAn7PzS1aNszlTozUdQUNxmj53fX3aOjtJ2EoXfqa3/o' +
    'dWJu4BvmGOUDZWU=',
  'base64',
);
const FILE = Buffer.from(
  'ZDQ6aW5mb2Q5OmZpbGUgdHJlZWQ3Om9uZS5iaW5kMDpkNjpsZW5ndGhpNzAwMDBlMTE6cGllY2VzIHJvb3QzMjqOp0nHa7hMdWzd' +
    '1dgWazSCo0uoo8Aw1zdmp5PvGZ9uF2VlZTY6bGVuZ3RoaTcwMDAwZTEyOm1ldGEgdmVyc2lvbmkyZTQ6bmFtZTc6b25lLmJpbjEy' +
    'OnBpZWNlIGxlbmd0aGkzMjc2OGU2OnBpZWNlczYwOkUhaAtTg6/eHzK+UvvDU1Q0xHsSRSFoC1ODr94fMr5S+8NTVDTEexLjXnOO' +
    'PmIU8h8itp15EVekZE/G+2UxMjpwaWVjZSBsYXllcnNkMzI6jqdJx2u4THVs3dXYFms0gqNLqKPAMNc3ZqeT7xmfbhc5NjqCOsyd' +
    'BnggY+cMc/Ml+bCnJz3MVl/R8/WedJ3BnI4MEII6zJ0GeCBj5wxz8yX5sKcnPcxWX9Hz9Z50ncGcjgwQh92+G+KoWcclxbrOjEEL' +
    '0mFmTsNXfp5Fw4+wxBUhjWhlZQ==',
  'base64',
);
const made = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * seed) >> 3);

const hashesOf = (bytes: Uint8Array): Uint8Array => {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 16_384) hashes.push(sha256(bytes.subarray(at, at + 16_384)));
  return new Uint8Array(Buffer.concat(hashes));
};

const ROOTS = {
  'a.bin': '12b50203d995dc15e0f5f0faf44f53fc16f1c86a399dbe94af666386627822a6',
  'sub/b.bin': '4b52a626edc3094de2f171676e13e2bbece6e7ae45912f042470128951eaf99f',
  'sub/ä.bin': 'd33d886db23e7398f6944d4125f676a5693080839c57180854bbe5760015c240',
};

/** The same .torrent with something changed: `edit` is given the plain dictionaries. */
const changed = (edit: (torrent: Map<string, unknown>, info: Map<string, unknown>) => void): Uint8Array => {
  const torrent = new Map<string, unknown>(decode(FOLDER) as Dict);
  const info = new Map<string, unknown>(torrent.get('info') as Dict);
  torrent.set('info', info);
  edit(torrent, info);
  return encode(torrent as unknown as Encodable);
};

describe('a hybrid torrent', () => {
  it('has both hashes, and the roots that libtorrent has made', () => {
    const torrent = parseTorrent(FOLDER);
    expect([toHex(torrent.infoHash), toHex(torrent.infoHashV2 ?? new Uint8Array())]).toEqual([
      'f325aaf08fa62cb513c80ae2d7872cff753555fb',
      '3b032f2052e43996fd6899c57c7e92db5f7741ec507d62605567cae71789f447',
    ]);
    const roots = torrent.files.flatMap(({ path, root }) => (root ? [[path.join('/'), toHex(root)]] : []));
    expect(Object.fromEntries(roots)).toEqual(ROOTS);
    const [one] = parseTorrent(FILE).files;
    expect(toHex(one?.root ?? new Uint8Array())).toBe(
      '8ea749c76bb84c756cddd5d8166b3482a34ba8a3c030d73766a793ef199f6e17',
    );
  });

  it('has roots that follow from its content', () => {
    expect(toHex(merkleRoot(hashesOf(made(100_000, 7))))).toBe(ROOTS['a.bin']);
    expect(toHex(merkleRoot(hashesOf(made(16_384, 5))))).toBe(ROOTS['sub/b.bin']);
    expect(toHex(merkleRoot(hashesOf(made(40_000, 3))))).toBe(ROOTS['sub/ä.bin']);
  });

  it('has the same root by its pieces as by its blocks, whatever its length', () => {
    expect([pieceLevels(16_384), pieceLevels(65_536)]).toEqual([0, 2]);
    for (let blocks = 1; blocks <= 40; blocks++) {
      const all = Buffer.concat(Array.from({ length: blocks }, (_, nth) => sha256(Uint8Array.of(nth))));
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < all.length; at += 4 * HASH) {
        const piece = new Uint8Array(4 * HASH);
        piece.set(all.subarray(at, at + 4 * HASH));
        pieces.push(merkleRoot(piece));
      }
      if (blocks > 4) expect(merkleRoot(Buffer.concat(pieces), 2)).toEqual(merkleRoot(all));
    }
  });

  it.each<readonly [string, (torrent: Map<string, unknown>, info: Map<string, unknown>) => void, RegExp]>([
    [
      'lacks a file in one version',
      (_, info) =>
        void info.set('file tree', { 'a.bin': { '': { length: 100_000, 'pieces root': new Uint8Array(32) } } }),
      /both versions/,
    ],
    ['has no tree', (_, info) => void info.delete('file tree'), /info.file tree/],
    [
      'has a wrong piece layer',
      (torrent) =>
        void torrent.set(
          'piece layers',
          layers((bytes) => bytes.map((byte) => byte ^ 1)),
        ),
      /piece layers/,
    ],
    [
      'has a longer piece layer',
      (torrent) =>
        void torrent.set(
          'piece layers',
          layers((bytes) => Buffer.concat([bytes, bytes])),
        ),
      /128 bytes|64 bytes/,
    ],
    [
      'has a shorter piece layer',
      (torrent) =>
        void torrent.set(
          'piece layers',
          layers((bytes) => bytes.subarray(1)),
        ),
      /128 bytes|64 bytes/,
    ],
    ['has layers that are none', (torrent) => void torrent.set('piece layers', 7), /piece layers/],
    ['has odd pieces', (_, info) => void info.set('piece length', 30_000), /info/],
  ])('that %s is refused', (_, edit, why) => {
    expect(() => parseTorrent(changed(edit))).toThrow(why);
    expect(() => parseTorrent(changed(edit))).toThrow(Malformed);
  });

  it('may lack layers, which peers have', () => {
    expect(parseTorrent(changed((torrent) => void torrent.delete('piece layers'))).infoHashV2).toBeDefined();
  });

  it('is what its link says by both hashes', () => {
    const { info, infoHash, infoHashV2 = new Uint8Array() } = parseTorrent(FOLDER);
    const link = parseMagnet(formatMagnet({ ...magnetOf(infoHash), infoHashV2 }));
    expect(toHex(torrentOf(link, info).infoHash)).toBe(toHex(infoHash));
    expect(() => torrentOf({ ...link, infoHashV2: new Uint8Array(32) }, info)).toThrow(/hash of version 2/);
  });
});

const layers = (change: (bytes: Uint8Array) => Uint8Array): Dict => {
  const known = (decode(FOLDER) as Dict).get('piece layers') as Dict;
  return new Map([...known].map(([root, bytes]) => [root, change(bytes as Uint8Array)]));
};

describe('a file tree', () => {
  const file = { length: 1, 'pieces root': new Uint8Array(32) };
  const tree = (value: Encodable) => fileTree(decode(encode(value)));
  it('is a list of files in its order', () => {
    expect(
      tree({ b: { c: { '': file } }, a: { '': { length: 0 } } }).map(({ path, root }) => [
        path.join('/'),
        root?.length,
      ]),
    ).toEqual([
      ['a', undefined],
      ['b/c', 32],
    ]);
  });

  it.each<Encodable>([
    7,
    { '': file },
    { a: 7 },
    { a: { '': file, b: { '': file } } },
    { '..': { '': file } },
    { 'a/b': { '': file } },
    { a: { '': { length: -1 } } },
    { a: { '': { length: 1 } } },
    { a: { '': { length: 1, 'pieces root': new Uint8Array(31) } } },
    { a: { '': { 'pieces root': 7, length: 'x' } } },
  ])('%j is none', (value) => expect(() => tree(value)).toThrow(Malformed));

  it('is not deeper than people make folders', () => {
    let deep: Encodable = { '': file };
    for (let n = 0; n < 200; n++) deep = { a: deep };
    expect(() => tree(deep)).toThrow(Malformed);
  });
});
