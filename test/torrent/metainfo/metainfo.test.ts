import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import fixtures from 'webtorrent-fixtures';
import { type Encodable, encode } from '../../../src/protocol/encoding/bencode.ts';
import { toHex } from '../../../src/protocol/encoding/id.ts';
import { encodeTorrent, type TorrentContent } from '../../../src/torrent/metainfo/encodeTorrent.ts';
import { Geometry } from '../../../src/torrent/geometry.ts';
import { parseInfo, parseTorrent } from '../../../src/torrent/metainfo/metainfo.ts';
import { bytes } from '../../protocol/reference.ts';

const sha1Hex = (data: Uint8Array): string => createHash('sha1').update(data).digest('hex');

const single = { length: 20_000, name: 'a.txt', 'piece length': 16_384, pieces: new Uint8Array(40).fill(7) };
const torrent = (info: Encodable, around: Record<string, Encodable> = {}) => parseTorrent(encode({ ...around, info }));
const folder = (files: readonly Record<string, Encodable>[], more: Record<string, Encodable> = {}) =>
  torrent({ name: 'folder', 'piece length': 16_384, pieces: new Uint8Array(20), files, ...more });

describe('torrents of other clients', () => {
  const names = ['leaves', 'alice', 'folder', 'numbers', 'lotsOfNumbers', 'bunny', 'sintel', 'leavesMetadata'] as const;

  it.each(names)('%s', (name) => {
    const { torrent: file, parsedTorrent: expected } = fixtures[name];
    const parsed = parseTorrent(file);
    expect(toHex(parsed.infoHash)).toBe(expected.infoHash);
    expect(parsed).toMatchObject({ name: expected.name, length: expected.length, pieceLength: expected.pieceLength });
    const root = parsed.layout === 'folder' ? [parsed.name] : [];
    expect(
      parsed.files.map(({ path, length, offset }) => ({ path: [...root, ...path].join('/'), length, offset })),
    ).toEqual(expected.files.map(({ path, length, offset }) => ({ path, length, offset })));
    expect(toHex(parsed.pieceHashes)).toBe(expected.pieces.join(''));
    expect(parsed.private).toBe(expected.private ?? false);
    expect(parsed.webSeeds).toEqual(expected.urlList);
    const geometry = new Geometry(parsed);
    expect(geometry.pieceSize(geometry.pieceCount - 1)).toBe(expected.lastPieceLength);
  });

  it('corrupt has no name', () => {
    expect(() => parseTorrent(fixtures.corrupt.torrent)).toThrow('info.name: expected a string, got nothing');
  });
});

describe('info-hash', () => {
  it('is of the original bytes, in whatever order the keys are', () => {
    const pieces = `6:pieces20:${'x'.repeat(20)}`;
    const sorted = `d6:lengthi5e4:name1:a12:piece lengthi16384e${pieces}e`;
    const unsorted = `d4:name1:a6:lengthi5e${pieces}12:piece lengthi16384ee`;
    for (const info of [sorted, unsorted]) {
      const parsed = parseTorrent(bytes(`d8:announce11:udp://a:1/x4:info${info}e\r\n`));
      expect(toHex(parsed.infoHash)).toBe(sha1Hex(bytes(info)));
      expect(Buffer.from(parsed.info).toString('latin1')).toBe(info);
      expect(toHex(parseInfo(bytes(info)).infoHash)).toBe(sha1Hex(bytes(info)));
    }
  });

  it('includes keys that we know nothing of', () => {
    const info = encode({ ...single, 'x-cross-seed': { __proto__x: 1 }, '\u00ff': 2n ** 63n });
    expect(
      toHex(
        parseTorrent(encode({ info: { ...single, 'x-cross-seed': { __proto__x: 1 }, '\u00ff': 2n ** 63n } })).infoHash,
      ),
    ).toBe(sha1Hex(info));
  });

  it('is the inner one where an info stands in another dictionary, too', () => {
    const parsed = torrent(single, { a: { info: { name: 'other' } } });
    expect(toHex(parsed.infoHash)).toBe(sha1Hex(encode(single)));
  });

  it('does not change with the buffer it was read from', () => {
    const file = Buffer.from(encode({ info: single }));
    const parsed = parseTorrent(file);
    file.fill(0);
    expect(sha1Hex(parsed.info)).toBe(toHex(parsed.infoHash));
    expect(parsed.pieceHashes).toEqual(single.pieces);
  });
});

describe('what a torrent says', () => {
  it('one file', () => {
    expect(torrent(single)).toMatchObject({
      name: 'a.txt',
      layout: 'file',
      length: 20_000,
      pieceLength: 16_384,
      private: false,
      files: [{ path: ['a.txt'], length: 20_000, offset: 0, padding: false, attributes: '' }],
      announce: [],
      webSeeds: [],
      httpSeeds: [],
      nodes: [],
    });
  });

  it('a folder with empty files, attributes and padding of both kinds', () => {
    const files = folder([
      { path: ['run.sh'], length: 10, attr: 'x' },
      { path: ['.pad', '22'], length: 22, attr: 'p' },
      { path: ['sub', 'empty'], length: 0 },
      { path: ['sub', 'b'], length: 5 },
      { path: ['_____padding_file_0_if you see this file, please update____'], length: 3 },
      { path: ['link'], attr: 'l', 'symlink path': ['..', 'x'] },
    ]).files;
    expect(files.map(({ path, ...rest }) => [path.join('/').slice(0, 21), rest])).toEqual([
      ['run.sh', { length: 10, offset: 0, padding: false, attributes: 'x' }],
      ['.pad/22', { length: 22, offset: 10, padding: true, attributes: 'p' }],
      ['sub/empty', { length: 0, offset: 32, padding: false, attributes: '' }],
      ['sub/b', { length: 5, offset: 32, padding: false, attributes: '' }],
      ['_____padding_file_0_i', { length: 3, offset: 37, padding: true, attributes: '' }],
      ['link', { length: 0, offset: 40, padding: false, attributes: 'l', link: ['..', 'x'] }],
    ]);
    expect(torrent({ ...single, name: '_____padding_file_0', attr: 'p' }).files[0]?.padding).toBe(false);
  });

  it('texts around it', () => {
    const around = { comment: 'old', 'comment.utf-8': 'Ünïcode', 'created by': 'rx', 'creation date': 1_400_000_000 };
    expect(torrent({ ...single, source: 'X', private: 1 }, around)).toMatchObject({
      comment: 'Ünïcode',
      createdBy: 'rx',
      creationDate: 1_400_000_000,
      source: 'X',
      private: true,
    });
    expect(torrent({ ...single, private: 0 }, { comment: 7, 'creation date': -1 })).not.toHaveProperty('comment');
    expect(torrent(single, { 'creation date': '2020' })).not.toHaveProperty('creationDate');
  });

  it('names in UTF-8 are preferred; bytes that are not UTF-8 always become the same text', () => {
    const gbk = Uint8Array.of(0xd6, 0xd0);
    expect(torrent({ ...single, name: gbk, 'name.utf-8': '中' }).name).toBe('中');
    expect(torrent({ ...single, name: gbk }).name).toBe('ÖÐ');
    expect(torrent({ ...single, name: '' }).name).toMatch(/^[0-9a-f]{40}$/);
    const paths = folder([
      { path: [gbk, gbk], 'path.utf-8': ['中', '文'], length: 1 },
      { path: [gbk], length: 1 },
      { path: [Uint8Array.of(0xd6, 0xd1)], length: 1 },
      { path: ['a'], 'path.utf-8': [7], length: 1 },
      { path: ['b'], 'path.utf-8': [], length: 1 },
    ]).files.map(({ path }) => path);
    expect(paths).toEqual([['中', '文'], ['ÖÐ'], ['ÖÑ'], ['a'], ['b']]);
  });

  it('a hybrid is read by its v1 part', () => {
    const hybrid = {
      ...single,
      'meta version': 2,
      'file tree': { 'a.txt': { '': { length: 20_000, 'pieces root': new Uint8Array(32).fill(0xee) } } },
    };
    const parsed = torrent(hybrid, { 'piece layers': new Map([['\u00ff'.repeat(32), new Uint8Array(64)]]) });
    expect(parsed.files).toHaveLength(1);
    expect(toHex(parsed.infoHash)).toBe(sha1Hex(encode(hybrid)));
  });
});

describe('where to ask', () => {
  it('tiers, flat lists, and the one URL that counts only without a list', () => {
    const tiers = [['http://a/x', 'udp://b:1'], ['https://c/']];
    expect(torrent(single, { announce: 'http://z/' }).announce).toEqual([['http://z/']]);
    expect(torrent(single, { announce: 'http://z/', 'announce-list': tiers }).announce).toEqual(tiers);
    expect(torrent(single, { 'announce-list': ['http://a/x', 'udp://b:1'] }).announce).toEqual([
      ['http://a/x'],
      ['udp://b:1'],
    ]);
    expect(torrent(single, { announce: 'http://z/', 'announce-list': [[], ['wss://a/']] }).announce).toEqual([
      ['http://z/'],
    ]);
    expect(torrent(single, { 'announce-list': [['http://a/x', 'http://a/x'], ['http://a/x']] }).announce).toEqual([
      ['http://a/x'],
    ]);
    expect(torrent(single, { announce: ' http://z/announce\r\n' }).announce).toEqual([['http://z/announce']]);
  });

  it('web seeds and HTTP seeds, as list or alone, each once', () => {
    const around = { 'url-list': ['http://a/', 'http://a/', 'ftp://b/', 'https://c/'], httpseeds: ['http://d/seed'] };
    expect(torrent(single, around)).toMatchObject({
      webSeeds: ['http://a/', 'https://c/'],
      httpSeeds: ['http://d/seed'],
    });
    expect(torrent(single, { 'url-list': 'http://a/' }).webSeeds).toEqual(['http://a/']);
    expect(torrent(single, { 'url-list': '' }).webSeeds).toEqual([]);
  });

  it('DHT nodes', () => {
    const nodes = [
      ['127.0.0.1', 6881],
      ['router.invalid', 1],
      ['::1', 65535],
      ['x', 0],
      ['x', 65536],
      ['x y', 1],
      ['', 1],
      ['x'],
      'x',
      [1, 'x'],
    ];
    expect(torrent(single, { nodes }).nodes).toEqual([
      { host: '127.0.0.1', port: 6881 },
      { host: 'router.invalid', port: 1 },
      { host: '::1', port: 65535 },
    ]);
  });
});

describe('encodeTorrent', () => {
  const content: TorrentContent = {
    name: 'a',
    length: 5,
    pieceLength: 16_384,
    pieceHashes: new Uint8Array(20),
    announce: 'http://a/',
  };

  it('is canonical', () => {
    expect(Buffer.from(encodeTorrent(content)).toString('latin1')).toBe(
      `d8:announce9:http://a/4:infod6:lengthi5e4:name1:a12:piece lengthi16384e6:pieces20:${'\0'.repeat(20)}ee`,
    );
  });

  it('what it writes is what parseTorrent reads', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((text) => !text.startsWith('_____padding'));
    const file = fc.record({
      path: fc.array(name, { minLength: 1, maxLength: 4 }),
      length: fc.nat(100_000),
      attributes: fc.constantFrom('x', 'h', 'p'),
    });
    const files = fc
      .array(file, { minLength: 1, maxLength: 8 })
      .filter((list) => list.some(({ length }) => length > 0));
    fc.assert(
      fc.property(name, files, fc.integer({ min: 14, max: 20 }), fc.boolean(), (folderName, list, log2, isPrivate) => {
        const pieceLength = 2 ** log2;
        const length = list.reduce((sum, each) => sum + each.length, 0);
        const pieceHashes = new Uint8Array(Math.ceil(length / pieceLength) * 20).fill(1);
        const tiers = [['http://a/', 'http://b/'], ['udp://c:1']];
        const more = {
          announce: tiers,
          webSeeds: ['http://w/'],
          comment: folderName,
          createdBy: 'rx',
          creationDate: 7,
          source: 's',
          private: isPrivate,
        };
        const parsed = parseTorrent(
          encodeTorrent({ name: folderName, files: list, pieceLength, pieceHashes, ...more }),
        );
        expect(parsed).toMatchObject({ ...more, name: folderName, length, pieceLength, pieceHashes, layout: 'folder' });
        expect(parsed.files.map(({ path, length: size, attributes }) => ({ path, length: size, attributes }))).toEqual(
          list,
        );
        expect(parsed.files.at(-1)?.offset).toBe(length - (list.at(-1)?.length ?? 0));
      }),
    );
  });
});
