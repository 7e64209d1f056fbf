import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnnounceQuery } from '../../../src/protocol/tracker/httpTrackerReply.ts';
import { decodeScrapeReply, scrapeUrl } from '../../../src/protocol/tracker/scrapeReply.ts';
import {
  decodeUdpReply,
  encodeAnnounce,
  encodeConnect,
  encodeScrape,
  MAX_SCRAPED,
  MAX_URL_DATA,
  transactionOf,
} from '../../../src/protocol/tracker/udpTrackerPackets.ts';
import { encode } from '../../../src/protocol/encoding/bencode.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const unhex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits.replaceAll(' ', ''), 'hex'));
const ID = unhex('0102030405060708');
const query: AnnounceQuery = {
  infoHash: new Uint8Array(20).fill(0xaa),
  peerId: new Uint8Array(20).fill(0xbb),
  port: 6881,
  uploaded: 0x0102,
  downloaded: 2 ** 40,
  left: 0x0f,
  event: 'started',
  numwant: 200,
  key: 'deadbeef',
};

describe('questions', () => {
  it('asks for a connection', () => {
    expect(hex(encodeConnect(0xfe00_0001))).toBe('00000417271019800000' + '0000fe000001');
  });

  it('announces', () => {
    const fields = [
      '0102030405060708 00000001 00000007',
      'aa'.repeat(20),
      'bb'.repeat(20),
      '0000010000000000 000000000000000f 0000000000000102',
      '00000002 00000000 deadbeef 000000c8 1ae1',
    ];
    expect(hex(encodeAnnounce(ID, 7, query))).toBe(fields.join('').replaceAll(' ', ''));
  });

  it.each([
    [undefined, '00000000'],
    ['completed', '00000001'],
    ['started', '00000002'],
    ['stopped', '00000003'],
  ] as const)('has a number for %s', (event, digits) => {
    expect(hex(encodeAnnounce(ID, 7, { ...query, event }).subarray(80, 84))).toBe(digits);
  });

  it('wants as many as there are unless told, and makes nothing of counts and keys that are none', () => {
    const bytes = encodeAnnounce(ID, 7, {
      ...query,
      numwant: undefined,
      key: 'no hex',
      left: Number.NaN,
      uploaded: -5,
      downloaded: Infinity,
    });
    expect(hex(bytes.subarray(56, 80))).toBe('00'.repeat(24));
    expect(hex(bytes.subarray(88, 96))).toBe('00000000ffffffff');
  });

  it('sends path and query of the URL in portions of 255 bytes, as BEP 41', () => {
    expect(hex(encodeAnnounce(ID, 7, query, 'udp://t.example:80/an?k=1').subarray(98))).toBe(
      `0207${hex(Buffer.from('/an?k=1'))}`,
    );
    const long = `/${'x'.repeat(599)}`;
    const options = encodeAnnounce(ID, 7, query, `udp://t.example:80${long}`).subarray(98);
    expect([options[0], options[1], options[257], options[258], options[514], options[515], options.length]).toEqual([
      2, 255, 2, 255, 2, 90, 606,
    ]);
    expect(
      Buffer.concat([options.subarray(2, 257), options.subarray(259, 514), options.subarray(516)]).toString(),
    ).toBe(long);
  });

  it.each(['udp://t.example:80', 'udp://t.example:80/', 'no URL', `udp://t.example:80/${'x'.repeat(MAX_URL_DATA)}`])(
    'sends no options for %s',
    (url) => {
      expect(encodeAnnounce(ID, 7, query, url)).toHaveLength(98);
    },
  );

  it('scrapes up to 74 torrents', () => {
    expect(hex(encodeScrape(ID, 9, [query.infoHash, query.peerId]))).toBe(
      `01020304050607080000000200000009${'aa'.repeat(20)}${'bb'.repeat(20)}`,
    );
    expect(() => encodeScrape(ID, 9, Array<Uint8Array>(MAX_SCRAPED + 1).fill(query.infoHash))).toThrow(RangeError);
  });
});

describe('answers', () => {
  it('reads a connection, copied', () => {
    const bytes = unhex('00000000 00000007 0102030405060708 ffff');
    const reply = decodeUdpReply(bytes, 4);
    bytes.fill(0);
    expect(reply).toEqual({ type: 'connect', connectionId: ID });
    expect(transactionOf(unhex('00000000 80000007'))).toBe(0x8000_0007);
    expect(transactionOf(unhex('00000000 800000'))).toBeUndefined();
  });

  it('reads an announce by the family of the socket', () => {
    const head = '00000001 00000007 00000708 00000003 00000004';
    const four = decodeUdpReply(unhex(`${head} 0a000001 1ae1 00000000 0000`), 4);
    const reply = { type: 'success', interval: 1800, leechers: 3, seeds: 4 };
    expect(four).toEqual({ type: 'announce', reply: { ...reply, peers: [{ host: '10.0.0.1', port: 6881 }] } });
    const six = decodeUdpReply(unhex(`${head} 20010db8000000000000000000000009 1ae1`), 6);
    expect(six).toEqual({ type: 'announce', reply: { ...reply, peers: [{ host: '2001:db8::9', port: 6881 }] } });
  });

  it.each([
    ['00000000', 30],
    ['80000000', 30],
    ['ffffffff', 30],
    ['7fffffff', 86_400],
    ['00000e10', 3600],
  ])('takes an interval of %s for %d s', (digits, interval) => {
    expect(decodeUdpReply(unhex(`00000001 00000007 ${digits} 00000000 00000000`), 4)).toMatchObject({
      reply: { interval },
    });
  });

  it('reads counts and errors', () => {
    const counts = decodeUdpReply(unhex('00000002 00000007 00000001 00000002 00000003 ffffffff 00000000 00000001'), 4);
    const [one, two] = [
      { complete: 1, downloaded: 2, incomplete: 3 },
      { complete: 0xffff_ffff, downloaded: 0, incomplete: 1 },
    ];
    expect(counts).toEqual({ type: 'scrape', counts: [one, two] });
    expect(decodeUdpReply(Buffer.concat([unhex('00000003 00000007'), Buffer.from('go\u001b[2J away\0')]), 4)).toEqual({
      type: 'error',
      reason: 'go\\x1b[2J away',
    });
    expect(decodeUdpReply(unhex('00000003 00000007'), 4)).toEqual({ type: 'error', reason: '' });
  });

  it('takes what it encoded back apart', () => {
    const peer = fc.record({
      host: fc.ipV4().filter((ip) => /^([1-9]|1\d\d|2[01]\d)\./.test(ip)),
      port: fc.integer({ min: 1, max: 65_535 }),
    });
    fc.assert(
      fc.property(fc.array(peer, { maxLength: 30 }), fc.nat(0xffff_ffff), (peers, transaction) => {
        const body = peers.map(({ host, port }) =>
          Buffer.from([...host.split('.').map(Number), port >> 8, port & 255]),
        );
        const head = Buffer.alloc(20);
        head.writeUInt32BE(1, 0);
        head.writeUInt32BE(transaction, 4);
        const bytes = Buffer.concat([head, ...body]);
        expect(transactionOf(bytes)).toBe(transaction);
        expect(decodeUdpReply(bytes, 4)).toMatchObject({ reply: { peers } });
      }),
    );
  });
});

describe('scrape over HTTP', () => {
  it.each([
    ['http://t.example/announce', 'http://t.example/scrape?info_hash=%AA'],
    ['http://t.example/x/announce.php?a=1#b', 'http://t.example/x/scrape.php?a=1&info_hash=%AA'],
    ['http://t.example/announce?x2%0644', 'http://t.example/scrape?x2%0644&info_hash=%AA'],
    ['HTTPS://t.example/announce/', undefined],
    ['http://t.example/a', undefined],
    ['http://t.example/announce?x=2/4', undefined],
    ['http://t.example/x%064announce', undefined],
    ['udp://t.example:80/announce', undefined],
  ])('of %s is at %s', (announce, scrape) => {
    expect(scrapeUrl(announce, [Uint8Array.of(0xaa)])).toBe(scrape);
  });

  it('asks about several torrents at once', () => {
    expect(scrapeUrl('http://t.example/announce', [Uint8Array.of(1), Uint8Array.of(0x61)])).toBe(
      'http://t.example/scrape?info_hash=%01&info_hash=a',
    );
  });

  it('finds binary keys', () => {
    const key = unhex('ff'.repeat(20));
    const body = Buffer.concat([
      Buffer.from('d5:filesd20:'),
      key,
      encode({ complete: 5, downloaded: -1, incomplete: 'x' }),
      Buffer.from('3:abcdeee'),
    ]);
    const files = new Map([[Buffer.from(key).toString('latin1'), { complete: 5, downloaded: 0, incomplete: 0 }]]);
    expect(decodeScrapeReply(body)).toEqual({ type: 'success', files });
  });

  it('is understood even from those who write the bytes of an info-hash as characters', () => {
    const infoHash = String.fromCharCode(...Array.from({ length: 20 }, (_, n) => (n * 37 + 120) % 256));
    const scraped = (key: Buffer): unknown =>
      decodeScrapeReply(Buffer.concat([Buffer.from(`d5:filesd${key.length}:`), key, Buffer.from('d8:completei7eeee')]));
    const counts = { complete: 7, incomplete: 0, downloaded: 0 };
    expect(scraped(Buffer.from(infoHash, 'utf8'))).toEqual({ type: 'success', files: new Map([[infoHash, counts]]) });
    // As many characters, but none of a byte; and no text at all.
    for (const key of ['é'.repeat(19), '√'.repeat(20), 'x'.repeat(40)]) {
      expect(scraped(Buffer.from(key, 'utf8'))).toEqual({ type: 'success', files: new Map() });
    }
    expect(scraped(Buffer.alloc(30, 0xff))).toEqual({ type: 'success', files: new Map() });
  });

  it('tells a failure', () => {
    expect(decodeScrapeReply(encode({ 'failure reason': 'no\nscrape' }))).toEqual({
      type: 'failure',
      reason: 'no\\x0ascrape',
    });
  });

  it.each(['le', 'de', 'd5:files0:e', ''])('refuses %s', (text) => {
    expect(() => decodeScrapeReply(Buffer.from(text))).toThrow(expect.objectContaining({ name: 'Malformed' }));
  });
});
