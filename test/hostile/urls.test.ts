import { describe, expect, it } from 'vitest';
import type { Encodable } from '../../src/protocol/encoding/bencode.ts';
import { MAX_URL } from '../../src/torrent/metainfo/urls.ts';
import { torrent } from './changedInfo.ts';

describe('R44, R45: URLs', () => {
  it.each([
    'http://a/\r\nHost: b',
    'http://a b/',
    'http://ä.example/',
    'http://ä\u00ad.example/',
    'http://a\u0000/',
    'http://a/\r\nX: y',
    'http://a/\u2028\u0085',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'ftp://a/',
    'ws://a/',
    'http://',
    'http://a:0/',
    'http://a:65536/',
    'udp://a',
    'udp://a:0',
    'udp://a:70000/',
    '//a/',
    'announce',
    '',
    `http://a/${'x'.repeat(MAX_URL)}`,
  ])('%j is dropped in silence', (url) => {
    expect(torrent({}, { announce: url, 'announce-list': [[url, 'http://good/']] }).announce).toEqual([
      ['http://good/'],
    ]);
    expect(torrent({}, { announce: url }).announce).toEqual([]);
    expect(torrent({}, { 'url-list': url, httpseeds: [url] })).toMatchObject({ webSeeds: [], httpSeeds: [] });
  });

  it('values that are no text are dropped, too', () => {
    for (const value of [7, {}, [7], [[7]], [[[]]], [{}]] as Encodable[]) {
      expect(
        torrent({}, { announce: value, 'announce-list': value, 'url-list': value, httpseeds: value, nodes: value }),
      ).toMatchObject({
        announce: [],
        webSeeds: [],
        httpSeeds: [],
        nodes: [],
      });
    }
  });
});
