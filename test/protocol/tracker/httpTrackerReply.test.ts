import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Encodable, encode } from '../../../src/protocol/encoding/bencode.ts';
import { encodePeers } from '../../../src/protocol/encoding/compact.ts';
import {
  type AnnounceQuery,
  type AnnounceSuccess,
  announceUrl,
  decodeAnnounceReply,
  MAX_NAMED,
} from '../../../src/protocol/tracker/httpTrackerReply.ts';
import { bytes } from '../reference.ts';

const query: AnnounceQuery = {
  infoHash: Uint8Array.from({ length: 20 }, (_, i) => i * 13),
  peerId: bytes('-RX0100-abc.~_XYZ019'),
  port: 6881,
  uploaded: 0,
  downloaded: 1,
  left: Number.MAX_SAFE_INTEGER,
};

const OURS =
  'info_hash=%00%0D%1A%274AN%5Bhu%82%8F%9C%A9%B6%C3%D0%DD%EA%F7&peer_id=-RX0100-abc.~_XYZ019&port=6881' +
  '&uploaded=0&downloaded=1&left=9007199254740991&compact=1';

describe('announceUrl', () => {
  it.each([
    ['http://127.0.0.1:80/announce', `http://127.0.0.1:80/announce?${OURS}`],
    ['http://127.0.0.1/announce?passkey=a%20b', `http://127.0.0.1/announce?passkey=a%20b&${OURS}`],
    ['http://127.0.0.1/announce?', `http://127.0.0.1/announce?${OURS}`],
    ['http://127.0.0.1/announce?a=b&', `http://127.0.0.1/announce?a=b&${OURS}`],
    ['http://127.0.0.1/announce#here?', `http://127.0.0.1/announce?${OURS}`],
    ['http://127.0.0.1', `http://127.0.0.1?${OURS}`],
  ])('%s', (announce, url) => {
    expect(announceUrl(announce, query)).toBe(url);
  });

  it('adds what is given', () => {
    const url = announceUrl('http://127.0.0.1/a', {
      ...query,
      event: 'started',
      numwant: 50,
      key: 'a&b',
      trackerId: Uint8Array.of(0, 0x26, 0x61),
    });
    expect(url).toBe(`http://127.0.0.1/a?${OURS}&event=started&numwant=50&key=a%26b&trackerid=%00%26a`);
  });

  it('carries any bytes in plain ASCII, and they come back', () => {
    const twenty = fc.uint8Array({ minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(twenty, twenty, (infoHash, peerId) => {
        const url = announceUrl('http://127.0.0.1/a', { ...query, infoHash, peerId });
        expect(url).toMatch(/^[\x21-\x7e]+$/);
        const [, hash = '', id = ''] = /info_hash=([^&]*)&peer_id=([^&]*)&port=6881&/.exec(url) ?? [];
        const back = (text: string): string =>
          text.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
        expect(bytes(back(hash))).toEqual(infoHash);
        expect(bytes(back(id))).toEqual(peerId);
      }),
    );
  });
});

const decoded = (reply: Encodable): AnnounceSuccess => {
  const success = decodeAnnounceReply(encode(reply));
  if (success.type !== 'success') throw new Error(success.reason);
  return success;
};

describe('decodeAnnounceReply', () => {
  const peers = [
    { host: '127.0.0.1', port: 6881 },
    { host: '10.0.0.1', port: 51413 },
  ];
  const six = [{ host: '2001:db8::1', port: 1 }];

  it('a full reply', () => {
    const reply = {
      interval: 1800,
      'min interval': 60,
      'tracker id': 'abc',
      complete: 3,
      incomplete: 4,
      peers: encodePeers(peers, 4),
      peers6: encodePeers(six, 16),
      'warning message': 'soon down',
      'external ip': Uint8Array.of(192, 0, 2, 1),
    };
    expect(decoded(reply)).toEqual({
      type: 'success',
      interval: 1800,
      minInterval: 60,
      trackerId: bytes('abc'),
      seeds: 3,
      leechers: 4,
      peers: [...peers, ...six],
      warning: 'soon down',
      externalIp: '192.0.2.1',
    });
  });

  it('peers as dictionaries, IPv6 among them; names apart, impossible ones left out', () => {
    const list = [
      { 'peer id': 'x'.repeat(20), ip: '127.0.0.1', port: 6881 },
      { ip: '2001:DB8:0::1', port: 1 },
      { ip: 'example.invalid', port: 1 },
      { ip: '10.0.0.1', port: 0 },
      { ip: '10.0.0.1', port: 65536 },
      { ip: '10.0.0.1', port: -1 },
      { ip: '10.0.0.1', port: '80' },
      { ip: '0.0.0.0', port: 80 },
      { port: 80 },
      'x',
      [],
    ];
    const reply = decoded({ interval: 1800, peers: list });
    expect(reply.peers).toEqual([
      { host: '127.0.0.1', port: 6881 },
      { host: '2001:db8::1', port: 1 },
    ]);
    expect(reply.named).toEqual([{ host: 'example.invalid', port: 1 }]);
  });

  it('peers by names: those that can be names, and twenty at most', () => {
    const no = [
      '127.1',
      '2130706433',
      '0x7f.1',
      'a b',
      'a\n',
      '-a',
      'a-',
      '',
      'a/b',
      'a@b',
      '[::1]',
      'x'.repeat(254),
      'é.example',
      '1.2.3.4.5',
    ];
    const yes = [
      'seed.example',
      'SEED-1.example',
      'localhost',
      'nas',
      'xn--e1afmkfd.example',
      '4.example',
      '_bt.example',
    ];
    expect(decoded({ peers: [...no, ...yes].map((ip) => ({ ip, port: 1 })) }).named?.map(({ host }) => host)).toEqual(
      yes,
    );
    const many = Array.from({ length: 3000 }, (_, at) => ({ ip: `n${at}.example`, port: 1 }));
    expect(decoded({ peers: many }).named).toHaveLength(MAX_NAMED);
    expect(
      decoded({
        peers: [{ ip: 'seed.example', port: 0 }, { ip: 'seed.example', port: 65536 }, { ip: 'seed.example' }],
      }),
    ).not.toHaveProperty('named');
  });

  it('an empty reply has no peers and our own interval', () => {
    expect(decoded({})).toEqual({ type: 'success', interval: 1800, peers: [] });
  });

  it('keys out of order and bytes at the end are met in the wild', () => {
    expect(decodeAnnounceReply(bytes('d5:peers0:8:intervali900eeX\r\n'))).toEqual({
      type: 'success',
      interval: 900,
      peers: [],
    });
  });

  it.each<[Encodable, AnnounceRetry]>([
    [{ 'failure reason': 'not registered' }, {}],
    [{ 'failure reason': 'busy', 'retry in': 5 }, { retryIn: 5 }],
    [{ 'failure reason': 'busy', 'retry in': '15' }, { retryIn: 15 }],
    [{ 'failure reason': 'gone', 'retry in': 'never' }, { retryIn: 'never' }],
    [{ 'failure reason': 'busy', 'retry in': 0 }, {}],
    [{ 'failure reason': 'busy', 'retry in': -5 }, {}],
    [{ 'failure reason': 'busy', 'retry in': 'tomorrow' }, {}],
    [{ 'failure reason': 'busy', 'retry in': 10 ** 12 }, { retryIn: 1440 }],
    [{ 'failure reason': 'busy', interval: 3600 }, { retryIn: 60 }],
    [{ 'failure reason': 'busy', 'min interval': 900 }, { retryIn: 15 }],
    [{ 'failure reason': 'busy', interval: 900, 'min interval': 3600 }, { retryIn: 60 }],
    [{ 'failure reason': 'busy', interval: 3600, 'retry in': 5 }, { retryIn: 5 }],
    [{ 'failure reason': 'busy', interval: 3600, 'retry in': 'never' }, { retryIn: 'never' }],
    [{ 'failure reason': 'busy', interval: 10 ** 12 }, { retryIn: 1440 }],
    [{ 'failure reason': 'busy', interval: -1 }, { retryIn: 0.5 }],
    [{ 'failure reason': 'busy', interval: 'soon' }, {}],
  ])('a failure is a value: %o', (reply, retry) => {
    const reason = String((reply as Record<string, string>)['failure reason']);
    expect(decodeAnnounceReply(encode(reply))).toEqual({ type: 'failure', reason, ...retry });
  });

  it('external ip of 16 bytes, and none of any other length', () => {
    expect(decoded({ 'external ip': Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? 1 : 0)) }).externalIp).toBe(
      '::1',
    );
    expect(decoded({ 'external ip': '192.0.2.1' })).not.toHaveProperty('externalIp');
  });
});

type AnnounceRetry = { readonly retryIn?: number | 'never' };
