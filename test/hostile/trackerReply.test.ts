import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Encodable, encode } from '../../src/protocol/encoding/bencode.ts';
import {
  decodeAnnounceReply,
  MAX_INTERVAL,
  MAX_REPLY_BYTES,
  MAX_REPLY_PEERS,
  MAX_REPLY_TOKENS,
  MAX_TEXT,
  MAX_TRACKER_ID,
  MIN_INTERVAL,
} from '../../src/protocol/tracker/httpTrackerReply.ts';
import { Malformed } from '../../src/protocol/encoding/malformed.ts';
import { bytes } from '../protocol/reference.ts';
import { mutated, seeded } from './mutations.ts';

const decoded = (reply: Encodable) => decodeAnnounceReply(encode(reply));

describe('R48: intervals', () => {
  it.each<[number | bigint, number]>([
    [0, MIN_INTERVAL],
    [-1, MIN_INTERVAL],
    [-(2n ** 62n), MIN_INTERVAL],
    [29, 30],
    [31, 31],
    [86_400, 86_400],
    [86_401, MAX_INTERVAL],
    [2 ** 31, MAX_INTERVAL],
    [2n ** 62n, MAX_INTERVAL],
  ])('%s becomes %d seconds', (said, seconds) => {
    expect(decoded({ interval: said, 'min interval': said })).toMatchObject({
      interval: seconds,
      minInterval: seconds,
    });
  });

  it('text and lists are no interval', () => {
    expect(decoded({ interval: '0', 'min interval': [] })).toMatchObject({ interval: 1800, minInterval: 1800 });
  });
});

describe('R49: peers', () => {
  it(`keeps ${MAX_REPLY_PEERS} of one reply, in every form`, () => {
    const four = Uint8Array.from({ length: 6 * 10_000 }, (_, i) => [10, (i / 60_000) & 255, 1, 1, 0, 80][i % 6] ?? 0);
    const six = Uint8Array.from({ length: 18 * 10_000 }, (_, i) => (i % 18 === 0 ? 0x20 : 1));
    const listed = Array.from({ length: 10_000 }, (_, i) => ({ ip: `10.0.${i >> 8}.${i & 255}`, port: 80 }));
    for (const reply of [{ peers: four, peers6: six }, { peers6: six }, { peers: listed, peers6: six }]) {
      expect(decoded(reply)).toHaveProperty('peers.length', MAX_REPLY_PEERS);
    }
  });

  it('drops port 0, the unspecified address, broadcast and multicast', () => {
    const peers = Uint8Array.of(10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 80, 255, 255, 255, 255, 0, 80, 224, 0, 0, 1, 0, 80);
    expect(decoded({ peers })).toMatchObject({ peers: [] });
  });

  it('refuses a list that is cut off', () => {
    expect(() => decoded({ peers: new Uint8Array(7) })).toThrow('compact peers: expected a multiple of 6 bytes, got 7');
    expect(() => decoded({ peers6: new Uint8Array(20) })).toThrow(
      'compact peers: expected a multiple of 18 bytes, got 20',
    );
  });
});

describe('R50: what trackers tell people', () => {
  it('is one harmless line', () => {
    expect(decoded({ 'failure reason': 'no\u001b[2J\r\nsuch\u202etorrent' })).toMatchObject({
      reason: String.raw`no\x1b[2J\x0d\x0asuch\u{202e}torrent`,
    });
    expect(decoded({ 'warning message': '\u0007' })).toMatchObject({ warning: String.raw`\x07` });
  });

  it('is short, and any bytes', () => {
    for (const reason of [
      bytes('x'.repeat(100_000)),
      new Uint8Array(100_000).fill(0xff),
      new Uint8Array(Buffer.from('中'.repeat(50_000))),
    ]) {
      const reply = decodeAnnounceReply(encode({ 'failure reason': reason }));
      expect(reply.type === 'failure' && reply.reason.length).toBe(MAX_TEXT);
    }
    const horses = decoded({ 'failure reason': `x${'🐎'.repeat(10_000)}` });
    expect(horses).toEqual({ type: 'failure', reason: `x${'🐎'.repeat(249)}` });
  });

  it('a tracker id too long to be sent back is forgotten', () => {
    expect(decoded({ 'tracker id': 'x'.repeat(MAX_TRACKER_ID) })).toHaveProperty('trackerId');
    expect(decoded({ 'tracker id': 'x'.repeat(MAX_TRACKER_ID + 1) })).not.toHaveProperty('trackerId');
  });
});

describe('R40: replies that mean nothing', () => {
  it.each([
    '',
    '<html><body>404</body></html>',
    'i1e',
    'le',
    '4:spam',
    'd',
    'd-3:ee',
    'd8:interval',
    'd8:intervali1e8:intervali2ee',
  ])('%j', (text) => {
    expect(() => decodeAnnounceReply(bytes(text))).toThrow(Malformed);
  });

  it('too large, or of too many parts', () => {
    expect(() => decodeAnnounceReply(new Uint8Array(MAX_REPLY_BYTES + 1))).toThrow(`at most ${MAX_REPLY_BYTES} bytes`);
    expect(() => decodeAnnounceReply(bytes(`d5:peersl${'0:'.repeat(MAX_REPLY_TOKENS)}ee`))).toThrow(
      `at most ${MAX_REPLY_TOKENS} values`,
    );
  });

  it('values of the wrong kind count as absent', () => {
    const wrong = {
      interval: 'x',
      'min interval': 'x',
      'tracker id': 1,
      complete: 'x',
      incomplete: -1,
      peers: 7,
      peers6: [],
      'warning message': 7,
      'external ip': [],
    };
    expect(decoded(wrong)).toEqual({ type: 'success', interval: 1800, minInterval: 1800, peers: [] });
    expect(decoded({ 'failure reason': ['x'], peers: {} })).toMatchObject({ type: 'success', peers: [] });
  });
});

describe('garbage', () => {
  const replies = [
    {
      interval: 1800,
      'min interval': 60,
      complete: 1,
      incomplete: 2,
      peers: Uint8Array.of(10, 0, 0, 1, 0, 80, 10, 0, 0, 2, 0, 81),
      'tracker id': 'abc',
    },
    {
      interval: 900,
      peers: [
        { ip: '10.0.0.1', port: 80, 'peer id': 'x'.repeat(20) },
        { ip: '::1', port: 81 },
        { ip: 'seed.example', port: 82 },
      ],
    },
    { 'failure reason': 'busy', 'retry in': 'never' },
  ].map((reply) => encode(reply));

  it('mutations are refused as Malformed, or hold every promise', () => {
    const random = seeded(48);
    let taken = 0;
    for (let round = 0; round < 30_000; round++) {
      const input = mutated(replies[round % replies.length] as Uint8Array, random);
      try {
        const reply = decodeAnnounceReply(input);
        taken++;
        if (reply.type === 'failure') continue;
        for (const seconds of [reply.interval, reply.minInterval ?? MIN_INTERVAL])
          expect(seconds >= MIN_INTERVAL && seconds <= MAX_INTERVAL).toBe(true);
        for (const { host, port } of reply.peers) expect(net.isIP(host) > 0 && port > 0 && port < 65536).toBe(true);
        for (const { host, port } of reply.named ?? [])
          expect(/^[\w.-]{1,253}$/.test(host) && port > 0 && port < 65536).toBe(true);
      } catch (error) {
        expect(error, Buffer.from(input).toString('latin1')).toBeInstanceOf(Malformed);
      }
    }
    expect(taken).toBeGreaterThan(1000);
  });
});
