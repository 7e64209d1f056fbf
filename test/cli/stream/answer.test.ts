import { describe, expect, it } from 'vitest';
import { type Answer, answerTo } from '../../../src/cli/stream/answer.ts';
import { rangeOf } from '../../../src/cli/stream/byteRange.ts';
import { mediaType } from '../../../src/cli/stream/mediaType.ts';
import { hostsOf, playlistOf, siteOf } from '../../../src/cli/stream/site.ts';
import { torrentOf } from '../../disk/torrents.ts';

const files = [
  { path: ['readme.html'], length: 7 },
  { path: ['empty.mkv'], length: 0 },
  { path: ['s1', 'a "ä"\r\nb.mkv'], length: 1000 },
  { path: ['pad'], length: 5, padding: true },
  { path: ['song.mp3'], length: 30 },
];
const torrent = torrentOf({ files });
const origin = 'http://127.0.0.1:9';
const site = siteOf(origin, '/', torrent, () => true);
const hosts = hostsOf('127.0.0.1', 9);
const ask = (url: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Answer =>
  answerTo({ method, url, headers: { host: '127.0.0.1:9', ...headers } }, site, hosts);

describe('a range', () => {
  it.each([
    [undefined, undefined],
    ['bytes=0-0', { start: 0, end: 1 }],
    ['bytes=10-', { start: 10, end: 100 }],
    ['bytes=10-1000', { start: 10, end: 100 }],
    ['bytes=-7', { start: 93, end: 100 }],
    ['bytes=-700', { start: 0, end: 100 }],
    ['Bytes = 1-2', { start: 1, end: 3 }],
    ['bytes=100-', 'none'],
    ['bytes=-0', 'none'],
    ['bytes=5-4', undefined],
    ['bytes=0-1,3-4', undefined],
    ['bytes=-', undefined],
    ['bytes=a-b', undefined],
    ['lines=1-2', undefined],
    ['bytes=99999999999999999-', undefined],
  ])('%j of 100 bytes is %j', (header, range) => expect(rangeOf(header, 100)).toEqual(range));

  it('of nothing does not exist', () =>
    expect([rangeOf('bytes=0-', 0), rangeOf('bytes=-1', 0)]).toEqual(['none', 'none']));
});

describe('what is served', () => {
  it('are files by their numbers, without empty ones and padding', () => {
    expect(site.files.map(({ number, index }) => [number, index])).toEqual([
      [1, 0],
      [3, 2],
      [4, 4],
    ]);
    expect(ask('/3/whatever').body).toMatchObject({ file: { index: 2 }, start: 0, end: 1000 });
    expect(ask('/3').status).toBe(200);
  });

  it.each([
    '/',
    '/0/x',
    '/2/empty.mkv',
    '/../3/x',
    '/3x',
    '/99999999/x',
    '//3/',
    '/%33/x',
    'http://127.0.0.1:9/3/x',
    '*',
  ])('is not %s', (url) => expect(ask(url).status).toBe(404));

  it('is a part, or nothing if there is no such part', () => {
    expect(ask('/3/x', { range: 'bytes=-10' })).toMatchObject({
      status: 206,
      headers: { 'content-range': 'bytes 990-999/1000', 'content-length': '10', 'accept-ranges': 'bytes' },
      body: { start: 990, end: 1000 },
    });
    const none = ask('/3/x', { range: 'bytes=1000-' });
    expect(none).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */1000' } });
    expect(none.body).toBeUndefined();
  });

  it('is all of it where a part is of something else, and nothing where it is known', () => {
    const { etag = '' } = ask('/3/x').headers;
    expect(ask('/3/x', { range: 'bytes=0-1', 'if-range': etag }).status).toBe(206);
    expect(ask('/3/x', { range: 'bytes=0-1', 'if-range': '"other"' }).status).toBe(200);
    expect(ask('/3/x', { 'if-none-match': etag }).status).toBe(304);
    expect(ask('/1/x').headers['etag']).not.toBe(etag);
  });

  it('is named so that no name ends a header, and no page runs', () => {
    const film = ask('/3/x').headers;
    expect(film['content-disposition']).toBe(
      `inline; filename="a _____b.mkv"; filename*=UTF-8''a%20%22%C3%A4%22%0D%0Ab.mkv`,
    );
    expect(film).toMatchObject({ 'content-type': 'video/x-matroska', 'x-content-type-options': 'nosniff' });
    expect(ask('/1/x').headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': expect.stringMatching(/^attachment/) as unknown,
    });
    expect([mediaType('a.constructor'), mediaType('mkv'), mediaType('B.MP4')]).toEqual([
      'application/octet-stream',
      'video/x-matroska',
      'video/mp4',
    ]);
  });

  it('is a playlist, too', () => {
    const { text, headers } = ask('/playlist.m3u8');
    expect(headers['content-type']).toBe('audio/x-mpegurl');
    expect(text).toBe(playlistOf(site));
    expect(text?.split('\n')).toEqual([
      '#EXTM3U',
      '#EXTINF:-1,readme.html',
      `${origin}/1/readme.html`,
      '#EXTINF:-1,a "ä"  b.mkv',
      `${origin}/3/a%20%22%C3%A4%22%0D%0Ab.mkv`,
      '#EXTINF:-1,song.mp3',
      `${origin}/4/song.mp3`,
      '',
    ]);
  });
});

describe('who may ask', () => {
  it.each(['evil.example', 'evil.example:9', '127.0.0.1', '127.0.0.1:10', '', '192.168.1.5:9'])(
    'is nobody who calls this %j: a name may lead here',
    (host) => expect(ask('/3/x', { host }).status).toBe(421),
  );

  it.each(['localhost:9', 'LOCALHOST:9', '[::1]:9'])('is who calls this %s', (host) =>
    expect(ask('/3/x', { host }).status).toBe(200),
  );

  it('asks with GET or HEAD', () => {
    expect(ask('/3/x', {}, 'HEAD').status).toBe(200);
    expect(ask('/3/x', {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  it('knows the secret where others can reach us', () => {
    const secret = siteOf('http://192.168.1.5:9', '/0123abcd/', torrent, (index) => index === 2);
    const named = hostsOf('192.168.1.5', 9);
    const asked = (url: string): number =>
      answerTo({ method: 'GET', url, headers: { host: '192.168.1.5:9' } }, secret, named).status;
    expect([asked('/0123abcd/3/x'), asked('/0123abcd/playlist.m3u8')]).toEqual([200, 200]);
    expect([asked('/3/x'), asked('/0123abce/3/x'), asked('/playlist.m3u8'), asked('/0123abcd/1/x')]).toEqual([
      404, 404, 404, 404,
    ]);
  });

  it('comes again while it is not known what is in the torrent', () => {
    const asked = { method: 'GET', url: '/1', headers: { host: 'localhost:9' } };
    expect(answerTo(asked, undefined, hosts).status).toBe(503);
  });
});
