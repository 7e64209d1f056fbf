import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import fixtures from 'webtorrent-fixtures';
import { toBase32, toHex } from '../../../src/protocol/encoding/id.ts';
import { Malformed } from '../../../src/protocol/encoding/malformed.ts';
import { formatMagnet, magnetOf, MAX_LINK, MAX_LINK_PEERS, parseMagnet } from '../../../src/torrent/metainfo/magnet.ts';
import { MAX_SELECTED, parseSelection } from '../../../src/torrent/metainfo/selection.ts';
import { MAX_TRACKERS } from '../../../src/torrent/metainfo/urls.ts';

const HEX = 'd2474e86c95b19b8bcfdb92bc12c9d44667cfa36';
const XT = `xt=urn:btih:${HEX}`;
const V2 = `1220${'ab'.repeat(32)}`;
const parsed = (query: string) => parseMagnet(`magnet:?${XT}&${query}`);

describe('links of other clients', () => {
  it.each(['leaves', 'alice', 'folder', 'numbers', 'lotsOfNumbers', 'bunny', 'sintel', 'leavesMetadata'] as const)(
    '%s',
    (name) => {
      const { magnetURI, parsedTorrent } = fixtures[name];
      const magnet = parseMagnet(magnetURI);
      expect(toHex(magnet.infoHash)).toBe(parsedTorrent.infoHash);
      expect(magnet.name).toBe(parsedTorrent.name);
      // WebSocket trackers are not for us: told, not used.
      const usable = parsedTorrent.announce.filter((url) => !url.startsWith('ws'));
      expect(magnet.announce.flat().toSorted()).toEqual(usable.toSorted());
      expect(magnet.webSeeds).toEqual(parsedTorrent.urlList);
      const { ignored, ...said } = magnet;
      expect(ignored).toHaveLength(parsedTorrent.announce.length - usable.length);
      expect(parseMagnet(formatMagnet(said))).toEqual({ ...said, ignored: [] });
    },
  );
});

describe('a magnet link', () => {
  it('of nothing but an info-hash', () => {
    const alone = magnetOf(new Uint8Array(Buffer.from(HEX, 'hex')));
    expect(parseMagnet(`magnet:?${XT}`)).toEqual(alone);
    expect(formatMagnet(alone)).toBe(`magnet:?${XT}`);
  });

  it.each([
    ['base32', `magnet:?xt=urn:btih:${toBase32(Buffer.from(HEX, 'hex'))}`],
    ['base32 in lower case', `magnet:?xt=urn:btih:${toBase32(Buffer.from(HEX, 'hex')).toLowerCase()}`],
    ['upper case', `MAGNET:?XT=URN:BTIH:${HEX.toUpperCase()}`],
    ['numbered keys', `magnet:?xt.1=urn:btih:${HEX}`],
    ['percent-encoding throughout', `magnet:?xt=urn%3abtih%3A${HEX}`],
    [
      'other topics beside it',
      `magnet:?xt=urn:ed2k:31d6cfe0d16ae931b73c59d7e0c089c0&xt=urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C&${XT}`,
    ],
    ['the same one twice', `magnet:?${XT}&xt=urn:btih:${toBase32(Buffer.from(HEX, 'hex'))}`],
    ['space around it', `  magnet:?${XT}\n`],
    ['junk between', `magnet:?&&=x&${XT}&&novalue&tracker`],
    ['a web page’s ampersands', `magnet:?kt=x&amp;${XT}`],
  ])('with %s', (_, link) => {
    expect(toHex(parseMagnet(link).infoHash)).toBe(HEX);
  });

  it('says what there is to say', () => {
    const link = [
      'dn=Big+Buck%20Bunny%2B',
      'xl=1234',
      'tr=http%3A%2F%2Fa.example%2Fannounce%3Fk%3D1%2B2',
      'tr.1=udp%3A%2F%2Fb.example%3A80',
      'tr=http%3A%2F%2Fa.example%2Fannounce%3Fk%3D1%2B2',
      'x.pe=10.0.0.1:6881&x.pe=%5B2001%3Adb8%3A%3A1%5D%3A80&x.pe=some.host-name.example:1',
      'ws=http://w.example/a%20b&xs=https://x.example/a.torrent&as=x',
      'so=0,2,4-6,5-8,9',
    ].join('&');
    expect(parsed(link)).toMatchObject({
      name: 'Big Buck Bunny+',
      length: 1234,
      announce: [['http://a.example/announce?k=1+2'], ['udp://b.example:80']],
      peers: [
        { host: '10.0.0.1', port: 6881 },
        { host: '2001:db8::1', port: 80 },
        { host: 'some.host-name.example', port: 1 },
      ],
      sources: ['https://x.example/a.torrent'],
      select: [
        [0, 0],
        [2, 2],
        [4, 9],
      ],
    });
  });

  it('of a hybrid torrent is used by its first version, of a v2-only one by the beginning of its hash', () => {
    const hybrid = parsed(`xt=urn:btmh:${V2}`);
    expect([toHex(hybrid.infoHash), toHex(hybrid.infoHashV2 ?? new Uint8Array())]).toEqual([HEX, V2.slice(4)]);
    const only = parseMagnet(`magnet:?xt=urn:btmh:${V2}`);
    expect([toHex(only.infoHash), toHex(only.infoHashV2 ?? new Uint8Array())]).toEqual([V2.slice(4, 44), V2.slice(4)]);
    expect(formatMagnet(only)).toBe(`magnet:?xt=urn:btmh:${V2}`);
    const other = `${V2.slice(0, -1)}${V2.endsWith('0') ? 1 : 0}`;
    expect(() => parseMagnet(`magnet:?xt=urn:btmh:${V2}&xt=urn:btmh:${other}`)).toThrow(/one info-hash of version 2/);
    expect(parsed('xt=urn:btmh:1220abcd').infoHashV2).toBeUndefined();
  });

  it('encodes what stands in URLs as people write it', () => {
    const { announce, webSeeds } = parsed(
      'tr=%20http://a.example/%D1%84 b%20&tr=udp://a.example:1/%C3%A4&ws=http://a.example/%5B%C3%A4%5D',
    );
    expect(announce).toEqual([['http://a.example/%D1%84%20b'], ['udp://a.example:1/%C3%A4']]);
    expect(webSeeds).toEqual(['http://a.example/[%C3%A4]']);
  });

  it('tells which parts can not be used, and uses the others', () => {
    const bad =
      'tr=wss://a.example&tr=http://%D1%80%D1%84.example/a&tr=udp://no.port&tr=http://a.example/a%0d%0aX:y' +
      '&x.pe=10.0.0.1&x.pe=1.2.3:5&x.pe=h:0&x.pe=[::g]:1&ws=ftp://x';
    const magnet = parsed(`${bad}&tr=http://good.example/announce&x.pe=h:9`);
    expect(magnet.announce).toEqual([['http://good.example/announce']]);
    expect(magnet.peers).toEqual([{ host: 'h', port: 9 }]);
    expect(magnet.ignored).toHaveLength(9);
    expect(magnet.ignored[0]).toBe('tr: wss://a.example');
    expect(parsed('tr=%1b[2J\u001b[2J').ignored).toEqual([String.raw`tr: %1b[2J\x1b[2J`]);
  });

  it('is taken as far as it can be read', () => {
    expect(parsed('dn=100%+pure%zz%').name).toBe('100% pure%zz%');
    expect(parsed('dn=%ff%e4').name).toBe('ÿä');
    expect(parsed('dn=').name).toBeUndefined();
    expect(parsed('xl=-1&xl=0&xl=1e9').length).toBeUndefined();
    expect(parsed('xl=99999999999999999999').length).toBeUndefined();
  });

  it.each([
    ['what is no link', 'http://a.example', 'magnet link'],
    ['nothing', '', 'magnet link'],
    ['no topic', 'magnet:?dn=x', 'magnet.xt'],
    ['another topic', 'magnet:?xt=urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C', 'magnet.xt'],
    ['39 digits', `magnet:?xt=urn:btih:${HEX.slice(1)}`, 'magnet.xt'],
    ['digits that are none', `magnet:?xt=urn:btih:${'g'.repeat(40)}`, 'magnet.xt'],
    ['base32 with a 1', `magnet:?xt=urn:btih:${'1'.repeat(32)}`, 'magnet.xt'],
    ['two torrents', `magnet:?${XT}&xt=urn:btih:${'a'.repeat(40)}`, 'magnet.xt'],
    ['a selection of words', `magnet:?${XT}&so=all`, 'magnet.so'],
    ['a selection backwards', `magnet:?${XT}&so=4-2`, 'magnet.so'],
    ['an empty selection', `magnet:?${XT}&so=`, 'magnet.so'],
    ['a selection of a file beyond all', `magnet:?${XT}&so=${MAX_SELECTED}`, 'magnet.so'],
    ['an endless one', `magnet:?${XT}&dn=${'x'.repeat(MAX_LINK)}`, 'magnet link'],
  ])('is refused, with the part that is wrong: %s', (_, link, part) => {
    expect(() => parseMagnet(link)).toThrow(Malformed);
    expect(() => parseMagnet(link)).toThrow(new RegExp(`^${part.replace('.', '[.]')}: expected `));
  });

  it('never shows what a terminal would obey', () => {
    expect(() => parseMagnet('magnet:?xt=urn:btih:%1b]0;x%07')).toThrow(String.raw`\x1b]0;x\x07`);
  });

  it('holds no more than there is room for', () => {
    const many = (count: number, part: (n: number) => string): string =>
      Array.from({ length: count }, (_, n) => part(n)).join('&');
    expect(parsed(many(900, (n) => `tr=http://h${n}.example/announce`)).announce).toHaveLength(MAX_TRACKERS);
    expect(parsed(many(900, (n) => `x.pe=h${n}:1`)).peers).toHaveLength(MAX_LINK_PEERS);
    expect(parsed(many(900, (n) => `tr=${n}`)).ignored.length).toBeLessThanOrEqual(20);
    expect(parsed(`dn=${'é'.repeat(9000)}`).name).toHaveLength(1024);
    expect(parsed(`so=${many(5000, (n) => `${2 * n}`).replaceAll('&', ',')}`).select).toHaveLength(5000);
    expect(() => parseSelection('so', '0,'.repeat(20_000))).toThrow(Malformed);
  });
});

describe('what is written and read again', () => {
  // Names that begin with xn-- are of other characters, or of none.
  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}[a-z]$/).filter((each) => !each.startsWith('xn--'));
  const host = fc.oneof(
    fc.tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => parts.join('.')),
    fc.constantFrom('2001:db8::1', 'fe80::1', '::1'),
    word.map((each) => `${each}.example`),
  );
  const port = fc.integer({ min: 1, max: 65_535 });
  const url = fc.tuple(word, fc.webPath()).map(([name, path]) => `http://${name}.example${path}`);
  const unique = <T>(each: fc.Arbitrary<T>) =>
    fc.uniqueArray(each, { maxLength: 8, selector: (value) => JSON.stringify(value) });
  const id = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const select = fc
    .array(fc.tuple(fc.nat(500), fc.nat(9)), { minLength: 1 })
    .map((spans) => parseSelection('so', spans.map(([at, n]) => `${at}-${at + n}`).join(',')));
  const magnet = fc.record(
    {
      infoHash: id(20),
      infoHashV2: id(32),
      name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }).filter((name) => !/\p{Cs}/u.test(name)),
      length: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      announce: unique(url).map((urls) => urls.map((each) => [each])),
      peers: unique(fc.record({ host, port })),
      webSeeds: unique(url),
      sources: unique(url),
      select,
    },
    { requiredKeys: ['infoHash', 'announce', 'peers', 'webSeeds', 'sources'] },
  );

  it('is the same', () => {
    fc.assert(
      fc.property(magnet, (said) => {
        expect(parseMagnet(formatMagnet(said))).toEqual({ ...said, ignored: [] });
      }),
    );
  });

  it('whatever is written, reading ends in a link or in an error that says which part', () => {
    const junk = fc.array(
      fc.tuple(
        fc.constantFrom('xt', 'tr', 'dn', 'x.pe', 'so', 'ws', 'xs', 'xl', '', '%'),
        fc.string({ maxLength: 60 }),
      ),
      {
        maxLength: 20,
      },
    );
    fc.assert(
      fc.property(junk, fc.boolean(), (parts, named) => {
        const link = `magnet:?${named ? `${XT}&` : ''}${parts.map(([key, value]) => `${key}=${value}`).join('&')}`;
        try {
          expect(parseMagnet(link).infoHash).toHaveLength(20);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }),
    );
  });
});
