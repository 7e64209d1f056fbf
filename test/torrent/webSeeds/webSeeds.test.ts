import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TorrentFile } from '../../../src/torrent/metainfo/fileList.ts';
import { BLOCK, Geometry } from '../../../src/torrent/geometry.ts';
import { PiecePicker } from '../../../src/torrent/picker/piecePicker.ts';
import { BlockCutter } from '../../../src/torrent/webSeeds/blockCutter.ts';
import { segmentsOf } from '../../../src/torrent/webSeeds/segments.ts';
import { bodyOf, retryAfter, WebSeedError } from '../../../src/torrent/webSeeds/webAnswer.ts';
import { webAsks } from '../../../src/torrent/webSeeds/webAsk.ts';
import { WebRequests } from '../../../src/torrent/webSeeds/webRequests.ts';
import { fileUrl, pieceUrl } from '../../../src/torrent/webSeeds/webSeedUrl.ts';
import { Bitfield } from '../../../src/torrent/bitfield.ts';

const filesOf = (...lengths: readonly number[]): readonly TorrentFile[] => {
  let offset = 0;
  return lengths.map((length, nth) => {
    const file = { path: ['dir', `${nth}`], length, offset, padding: false, attributes: '' };
    offset += length;
    return file;
  });
};

const thrown = (act: () => unknown): WebSeedError => {
  try {
    act();
  } catch (error) {
    if (error instanceof WebSeedError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('segments', () => {
  it('are what each file has of a part of the torrent, without empty files', () => {
    const files = filesOf(5, 0, 3, 10);
    expect(segmentsOf(files, 4, 6)).toEqual([
      { file: 0, start: 4, length: 1 },
      { file: 2, start: 0, length: 3 },
      { file: 3, start: 0, length: 2 },
    ]);
    expect(segmentsOf(files, 8, 10)).toEqual([{ file: 3, start: 0, length: 10 }]);
  });

  it('cover the part, whatever the files are', () => {
    const lengths = fc.array(fc.nat(9), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(lengths, fc.nat(40), fc.nat(40), (sizes, offset, length) => {
        const files = filesOf(...sizes);
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const until = Math.min(total, offset + length);
        const bytes = segmentsOf(files, offset, until - offset).flatMap(({ file, start, length: count }) =>
          Array.from({ length: count }, (_, nth) => (files[file]?.offset ?? 0) + start + nth),
        );
        expect(bytes).toEqual(Array.from({ length: Math.max(0, until - offset) }, (_, nth) => offset + nth));
      }),
    );
  });
});

describe('the URL of a file', () => {
  const one = { layout: 'file' as const, name: 'a ä#?.iso', files: filesOf(9) };
  const many = { layout: 'folder' as const, name: 'b c', files: filesOf(9, 9) };
  it.each([
    ['http://w/x.iso', one, 'http://w/x.iso'],
    ['http://w/x/', one, 'http://w/x/a%20%C3%A4%23%3F.iso'],
    ['http://w/x', many, 'http://w/x/b%20c/dir/1'],
    ['http://w/x/', many, 'http://w/x/b%20c/dir/1'],
  ])('%s', (base, torrent, url) => expect(fileUrl(base, torrent, torrent === one ? 0 : 1)).toBe(url));

  it.each([[['..', 'x']], [['.']], [['a', '']]])('of %j does not exist: it would lead to another folder', (path) => {
    const files = [{ ...(many.files[0] as TorrentFile), path }];
    expect(fileUrl('http://w/', { ...many, files }, 0)).toBeUndefined();
  });

  it('of a piece names the torrent, the piece and the part of it', () => {
    const infoHash = Uint8Array.from({ length: 20 }, (_, nth) => nth * 13);
    const url = new URL(pieceUrl('http://w/seed.php', { infoHash }, 7, { begin: 16, length: 4 }));
    expect([url.searchParams.get('piece'), url.searchParams.get('ranges')]).toEqual(['7', '16-19']);
    expect(url.search).toContain(`info_hash=%00%0D%1A`);
    expect(pieceUrl('http://w/?a=b', { infoHash }, 0, { begin: 0, length: 1 })).toContain('?a=b&info_hash=');
  });
});

describe('an answer', () => {
  const asked = { start: 10, length: 20, size: 100 };
  const part = (range: string, more = {}) => ({ status: 206, headers: { 'content-range': range, ...more } });
  it.each([
    [part('bytes 10-29/100'), { begin: 10, end: 30 }],
    [part('Bytes 10-14/*'), { begin: 10, end: 15 }],
    [
      { status: 200, headers: {} },
      { begin: 0, end: 100 },
    ],
    [
      { status: 200, headers: { 'content-length': '100' } },
      { begin: 0, end: 100 },
    ],
    [
      { status: 200, headers: { 'content-length': '60', 'content-encoding': 'gzip' } },
      { begin: 0, end: 100 },
    ],
  ])('%j has these bytes', (head, range) => expect(bodyOf(head, asked, 0)).toEqual(range));

  it.each([
    [part('bytes 0-29/100'), 'useless'],
    [part('bytes 12-29/100'), 'useless'],
    [part('bytes 10-40/100'), 'useless'],
    [part('bytes 10-9/100'), 'useless'],
    [part('bytes 99999999999999999-1/100'), 'useless'],
    [part('bytes */100'), 'useless'],
    [part(''), 'useless'],
    [part('bytes 10-29/101'), 'absent'],
    [part('bytes 10-29/100', { 'content-encoding': 'gzip' }), 'useless'],
    [{ status: 200, headers: { 'content-length': '99' } }, 'absent'],
    [{ status: 404, headers: {} }, 'absent'],
    [{ status: 416, headers: {} }, 'absent'],
    [{ status: 429, headers: {} }, 'busy'],
    [{ status: 503, headers: {} }, 'busy'],
    [{ status: 304, headers: {} }, 'useless'],
    [{ status: 204, headers: {} }, 'useless'],
  ])('%j is none: %s', (head, code) => expect(thrown(() => bodyOf(head, asked, 0)).code).toBe(code));

  it('says when to come again, within an hour', () => {
    expect(retryAfter('7', 0)).toBe(7_000);
    expect(retryAfter('999999999', 0)).toBe(3_600_000);
    expect(retryAfter('Thu, 01 Jan 1970 00:01:00 GMT', 15_000)).toBe(45_000);
    expect(retryAfter('Thu, 01 Jan 1970 00:00:00 GMT', 15_000)).toBe(0);
    expect([retryAfter('soon', 0), retryAfter(undefined, 0)]).toEqual([undefined, undefined]);
  });
});

describe('the cutter', () => {
  it('gives the same blocks, however the bytes come', () => {
    const geometry = new Geometry({ length: 5 * BLOCK + 77, pieceLength: 2 * BLOCK });
    const blocks = [0, 1, 2, 3, 4, 5].map((nth) => ({ piece: nth >> 1, block: nth & 1 }));
    const bytes = Buffer.from(Array.from({ length: geometry.length }, (_, nth) => (nth * 7) >> 3));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 30 }), (sizes) => {
        const taken: string[] = [];
        const cutter = new BlockCutter(geometry, blocks, (piece, block, got) => {
          const from = geometry.pieceOffset(piece) + block * BLOCK;
          taken.push(`${piece} ${block} ${Buffer.compare(got, bytes.subarray(from, from + got.length))} ${got.length}`);
        });
        let at = 0;
        for (let nth = 0; at < bytes.length; nth++) {
          const size = sizes[nth % sizes.length] as number;
          cutter.push(bytes.subarray(at, at + size));
          cutter.check();
          at += size;
        }
        cutter.push(bytes.subarray(0, 9));
        expect(cutter.done).toBe(true);
        expect(taken).toEqual(
          blocks.map(({ piece, block }) => `${piece} ${block} 0 ${geometry.blockSize(piece, block)}`),
        );
      }),
      { numRuns: 30 },
    );
  });
});

describe('what a connection is asked for', () => {
  const geometry = new Geometry({ length: 10 * BLOCK, pieceLength: 2 * BLOCK });
  const picker = () => new PiecePicker(geometry, { random: () => 0.5 });
  const all = () => Bitfield.where(geometry.pieceCount, () => true);

  it('is as much as fits, without a gap, and of each block once', () => {
    const [shared, sisters] = [picker(), new Set<WebRequests>()];
    const one = new WebRequests(shared, all(), 0, sisters);
    const other = new WebRequests(shared, all(), 0, sisters);
    expect(one.next(4 * BLOCK, 0)).toHaveLength(4);
    expect(other.next(99 * BLOCK, 0)).toHaveLength(6);
    expect([one.next(BLOCK, 0), other.next(BLOCK, 0)]).toEqual([undefined, undefined]);
    for (const each of [one, other]) each.check();
    shared.check();
    one.end();
    expect(other.next(99 * BLOCK, 0)).toHaveLength(4);
    other.check();
    other.end();
    shared.check();
  });

  it('is the next piece as well if the answer goes on, unless there is no room or others are asked for it', () => {
    const shared = new PiecePicker(geometry, { random: () => 0.5, memory: 6 * BLOCK });
    const requests = new WebRequests(shared, all(), 0);
    expect(requests.next(2 * BLOCK, 0)?.map(({ piece }) => piece)).toEqual([0, 0]);
    expect(requests.more(0)).toBeUndefined();
    shared.next({ cancel: () => undefined, suggested: new Set([1]) }, {}, all(), 1, true);
    expect(requests.more(4)).toEqual([
      { piece: 2, block: 0 },
      { piece: 2, block: 1 },
    ]);
    expect(requests.more(4)).toBe('full');
    requests.check();
    shared.check();
  });

  it('is asked of others, too, when no byte comes', () => {
    const [shared, have] = [picker(), all()];
    const requests = new WebRequests(shared, have, 0);
    requests.next(BLOCK, 0);
    expect([requests.tick(1_000), requests.overdue]).toEqual([1_000, false]);
    expect([requests.tick(1_500), requests.overdue]).toEqual([1_500, true]);
    requests.heard(1_600);
    expect(requests.overdue).toBe(false);
  });

  it('is not waited for when another was faster', () => {
    const shared = picker();
    const requests = new WebRequests(shared, all(), 0);
    requests.next(2 * BLOCK, 0);
    requests.cancel(0, 0);
    requests.release();
    requests.check();
    shared.check();
  });

  it('is one request for each file, or for each piece', () => {
    const torrent = {
      infoHash: new Uint8Array(20),
      name: 't',
      layout: 'folder' as const,
      files: filesOf(BLOCK, 9 * BLOCK),
    };
    const blocks = [0, 1, 2].map((nth) => ({ piece: nth >> 1, block: nth & 1 }));
    const asks = webAsks({ url: 'http://w/', kind: 'url-list' }, torrent, geometry, blocks);
    expect(asks).toMatchObject([
      { url: 'http://w/t/dir/0', ranged: false, start: 0, length: BLOCK, pieces: [0, 0] },
      { url: 'http://w/t/dir/1', ranged: true, start: 0, length: 2 * BLOCK, pieces: [0, 4] },
    ]);
    const pieces = webAsks({ url: 'http://w/', kind: 'httpseeds' }, torrent, geometry, blocks);
    expect(pieces.map(({ url, size, pieces: [first] }) => [url?.replace(/.*piece/, ''), size, first])).toEqual([
      ['=0&ranges=0-32767', 2 * BLOCK, 0],
      ['=1&ranges=0-16383', BLOCK, 1],
    ]);
    expect(webAsks({ url: 'http://w/', kind: 'url-list' }, torrent, geometry, [])).toEqual([]);
  });
});
