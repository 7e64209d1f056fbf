import { describe, expect, it } from 'vitest';
import { type Encodable, encode } from '../../src/protocol/encoding/bencode.ts';
import { Malformed } from '../../src/protocol/encoding/malformed.ts';
import { MAX_FILES, MAX_PATH_DEPTH } from '../../src/torrent/metainfo/fileList.ts';
import {
  MAX_INFO_BYTES,
  MAX_TORRENT_BYTES,
  parseInfo,
  parseTorrent,
  type Torrent,
  Unsupported,
} from '../../src/torrent/metainfo/metainfo.ts';
import { MAX_PIECE_LENGTH, MAX_PIECES } from '../../src/torrent/metainfo/limits.ts';
import { MAX_NODES, MAX_TRACKERS, MAX_WEB_SEEDS } from '../../src/torrent/metainfo/urls.ts';
import { bytes } from '../protocol/reference.ts';
import { mutated, seeded } from './mutations.ts';
import { good, torrent } from './changedInfo.ts';

const folder = (files: Encodable): Torrent => torrent({ length: undefined, files });

const HUGE = BigInt(Number.MAX_SAFE_INTEGER);

describe('R4: piece length and hashes', () => {
  it.each<[string, Encodable | undefined, string]>([
    ['zero', 0, `info.piece length: expected a number of bytes from 1 to ${MAX_PIECE_LENGTH}, got 0`],
    ['negative', -16_384, 'got -16384'],
    ['too large', MAX_PIECE_LENGTH + 1, `got ${MAX_PIECE_LENGTH + 1}`],
    ['2⁶⁴ + 16384', 2n ** 64n + 16_384n, 'got 18446744073709568000'],
    ['text', '16384', 'got a string of 5 bytes'],
    ['absent', undefined, 'got nothing'],
  ])('piece length: %s', (_, value, message) => {
    expect(() => torrent({ 'piece length': value })).toThrow(message);
  });

  it.each<[string, Encodable | undefined, string]>([
    ['no multiple of 20', new Uint8Array(39), 'info.pieces: expected a multiple of 20 bytes, got 39'],
    ['one too few', new Uint8Array(20), 'info.pieces: expected 2 hashes, as many as pieces, got 1'],
    ['one too many', new Uint8Array(60), 'got 3'],
    ['none', '', 'got 0'],
    ['absent', undefined, 'info.pieces: expected a string of hashes, got nothing'],
    ['a list', [], 'got a list'],
  ])('hashes: %s', (_, pieces, message) => {
    expect(() => torrent({ pieces })).toThrow(message);
  });

  it('the largest piece length is good', () => {
    expect(torrent({ 'piece length': MAX_PIECE_LENGTH, pieces: new Uint8Array(20) }).pieceLength).toBe(
      MAX_PIECE_LENGTH,
    );
  });

  it('more pieces than allowed are refused before their hashes are looked at', () => {
    expect(() => torrent({ 'piece length': 1, length: MAX_PIECES + 1 })).toThrow(
      `info.piece length: expected at most ${MAX_PIECES} pieces, got ${MAX_PIECES + 1}`,
    );
    expect(() => torrent({ 'piece length': 1, length: HUGE })).toThrow('at most');
    expect(() => torrent({ 'piece length': 1, length: MAX_PIECES })).toThrow(`expected ${MAX_PIECES} hashes`);
  });
});

describe('R4: lengths', () => {
  it.each<[string, Encodable | undefined, string]>([
    ['negative', -1, `info.length: expected a number of bytes from 0 to ${Number.MAX_SAFE_INTEGER}, got -1`],
    ['beyond 2⁵³', HUGE + 1n, 'got 9007199254740992'],
    ['beyond 2⁶³', 2n ** 63n, 'got 9223372036854775808'],
    ['text', '5', 'got a string of 1 bytes'],
    ['absent', undefined, 'info.length: expected a number of bytes'],
    ['zero', 0, 'info: expected at least one byte of content, got 0 bytes: there is nothing to download'],
  ])('of one file: %s', (_, length, message) => {
    expect(() => torrent({ length })).toThrow(message);
  });

  it('negative ones that add up with others, sums beyond 2⁵³, and nothing but empty files', () => {
    const path = ['a'];
    expect(() =>
      folder([
        { path, length: 20_001 },
        { path, length: -1 },
      ]),
    ).toThrow('info.files[1].length: expected a number of bytes');
    expect(() =>
      folder([
        { path, length: HUGE },
        { path, length: 1 },
      ]),
    ).toThrow('info.files[1]: expected at most 9007199254740991 bytes in all files');
    expect(() =>
      folder([
        { path, length: HUGE },
        { path, length: HUGE },
        { path, length: HUGE },
      ]),
    ).toThrow('in all files');
    expect(() =>
      folder([
        { path, length: 0 },
        { path, length: 0 },
      ]),
    ).toThrow('0 bytes: there is nothing to download');
    expect(() => folder([{ path }])).toThrow('info.files[0].length');
  });
});

describe('R4, R8: files', () => {
  it.each<[string, Encodable, string]>([
    ['no list', {}, 'info.files: expected a list, got a dictionary'],
    ['none', [], 'info.files: expected at least one file, got 0'],
    ['no dictionary', ['x'], 'info.files[0]: expected a dictionary, got a string of 1 bytes'],
    ['no path', [{ length: 1 }], 'info.files[0].path: expected a list of at least one name, got nothing'],
    ['empty path', [{ length: 1, path: [] }], 'got a list'],
    ['path of numbers', [{ length: 1, path: ['a', 7] }], 'info.files[0].path'],
    ['path as text', [{ length: 1, path: 'a/b' }], 'got a string of 3 bytes'],
    [
      'path too deep',
      [{ length: 1, path: Array<string>(MAX_PATH_DEPTH + 1).fill('a') }],
      `at most ${MAX_PATH_DEPTH} folders inside one another, got ${MAX_PATH_DEPTH + 1}`,
    ],
  ])('%s', (_, files, message) => {
    expect(() => folder(files)).toThrow(message);
  });

  it('too many', () => {
    const files = (count: number): Encodable =>
      Array.from({ length: count }, (_, i) => ({ length: i ? 0 : 20_000, path: ['a'] }));
    expect(folder(files(MAX_FILES)).files).toHaveLength(MAX_FILES);
    expect(() => folder(files(MAX_FILES + 1))).toThrow(
      `info.files: expected at most ${MAX_FILES} files, got ${MAX_FILES + 1}`,
    );
  });

  it('no name, or a name that is no text', () => {
    expect(() => torrent({ name: undefined })).toThrow('info.name: expected a string, got nothing');
    expect(() => torrent({ name: ['a'] })).toThrow('info.name: expected a string, got a list');
  });

  it('R5, R9: names stay as they are, equal ones too: it is the disk that makes them safe and different', () => {
    const paths = [['..', '..', 'etc'], ['/abs'], ['a'], ['a'], ['A'], ['a', 'b'], ['nul\u0000'], ['']];
    const { files } = folder(paths.map((path) => ({ path, length: 2500 })));
    expect(files.map(({ path }) => path)).toEqual(paths);
    expect(files.map(({ offset }) => offset)).toEqual(paths.map((_, i) => i * 2500));
  });
});

describe('R11: size', () => {
  it('of a .torrent and of metadata', () => {
    expect(() => parseTorrent(new Uint8Array(MAX_TORRENT_BYTES + 1))).toThrow(
      `torrent: expected at most ${MAX_TORRENT_BYTES} bytes, got ${MAX_TORRENT_BYTES + 1}`,
    );
    expect(() => parseInfo(new Uint8Array(MAX_INFO_BYTES + 1))).toThrow(`at most ${MAX_INFO_BYTES} bytes`);
  });

  it('lists around the info are cut', () => {
    const urls = Array.from({ length: 5000 }, (_, i) => `http://10.0.${i >> 8}.${i & 255}/`);
    const parsed = torrent(
      {},
      {
        'announce-list': urls.map((url) => urls.slice(0, 10).concat(url)),
        'url-list': urls,
        httpseeds: urls,
        nodes: urls.map((_, i) => [`10.0.0.${i & 255}`, 1]),
      },
    );
    expect(parsed.announce.flat().length).toBeLessThanOrEqual(MAX_TRACKERS);
    expect(torrent({}, { 'announce-list': [urls] }).announce.flat()).toHaveLength(MAX_TRACKERS);
    expect(parsed).toMatchObject({
      webSeeds: { length: MAX_WEB_SEEDS },
      httpSeeds: { length: MAX_WEB_SEEDS },
      nodes: { length: MAX_NODES },
    });
  });
});

describe('R12: v2', () => {
  it('a version to come is not supported', () => {
    const v3 = { name: 'a', 'piece length': 16_384, 'meta version': 3, 'file tree': { a: { '': { length: 5 } } } };
    expect(() => parseTorrent(encode({ info: v3 }))).toThrow(Unsupported);
    expect(() => parseInfo(encode(v3))).toThrow('info.meta version: expected version 1 or 2 (BEP 52), got 3');
    expect(new Unsupported('a', 'b', 'c')).toBeInstanceOf(Malformed);
  });

  it('odd v2 parts of a hybrid do not matter', () => {
    expect(torrent({ 'meta version': 3, 'file tree': 7 }).length).toBe(20_000);
  });
});

describe('R64: private', () => {
  it('anything but 0 is private: rather too private than not enough', () => {
    for (const value of [1, 2, -1, '1', 'yes', []] as Encodable[])
      expect(torrent({ private: value }).private).toBe(true);
    expect(torrent({ private: 0 }).private).toBe(false);
    expect(torrent({}, { private: 1 }).private).toBe(false);
  });
});

describe('what is no torrent', () => {
  it.each([
    ['', 'bencode at byte 0'],
    ['<!DOCTYPE html>', "bencode at byte 0: expected a value, got '<'"],
    ['le', 'torrent: expected a dictionary, got a list'],
    ['de', 'torrent.info: expected a dictionary, got nothing'],
    ['d4:infoi1ee', 'torrent.info: expected a dictionary, got 1'],
    ['d4:infode4:infodee', 'every key once'],
    ['d4:info', 'bencode at byte 7'],
    [`d4:info${'l'.repeat(200)}`, 'at most 100 nested lists'],
    ['d9:__proto__d4:infod4:name1:aeee', 'torrent.info: expected a dictionary, got nothing'],
  ])('%j', (text, message) => {
    expect(() => parseTorrent(bytes(text))).toThrow(message);
    expect(() => parseTorrent(bytes(text))).toThrow(Malformed);
  });

  it('metadata from peers has nothing after its end', () => {
    expect(() => parseInfo(bytes(`${Buffer.from(encode(good)).toString('latin1')}\n`))).toThrow('the end of the data');
    expect(() => parseInfo(bytes('le'))).toThrow('info: expected a dictionary, got a list');
  });
});

describe('garbage', () => {
  const files = [
    { path: ['a', 'b'], length: 10_000, attr: 'x' },
    { path: ['.pad', '1'], length: 6_384, attr: 'p' },
    { path: ['c'], 'path.utf-8': ['č'], length: 3_616 },
  ];
  const samples = [
    encode({
      announce: 'http://a/',
      'announce-list': [['http://a/', 'udp://b:1']],
      'creation date': 7,
      info: good,
      nodes: [['127.0.0.1', 1]],
      'url-list': ['http://w/'],
    }),
    encode({ info: { ...good, length: undefined, files, private: 1, source: 'x' }, comment: 'c' }),
  ];

  it('mutations are refused as Malformed, or are sound torrents', () => {
    const random = seeded(4);
    let taken = 0;
    for (let round = 0; round < 30_000; round++) {
      const input = mutated(samples[round % samples.length] as Uint8Array, random);
      try {
        const { length, pieceLength, pieceHashes, files: list, infoHash, announce } = parseTorrent(input);
        taken++;
        expect(infoHash).toHaveLength(20);
        expect(pieceHashes.length).toBe(Math.ceil(length / pieceLength) * 20);
        expect(
          list.reduce((sum, file) => (file.offset === sum && file.length >= 0 ? sum + file.length : Number.NaN), 0),
        ).toBe(length);
        expect(announce.flat().every((url) => /^[\x21-\x7e]+$/.test(url))).toBe(true);
      } catch (error) {
        expect(error, Buffer.from(input).toString('latin1')).toBeInstanceOf(Malformed);
      }
    }
    expect(taken).toBeGreaterThan(500);
  });
});
