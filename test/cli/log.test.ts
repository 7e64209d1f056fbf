import fc from 'fast-check';
import { EMPTY, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { httpReply, httpRequest } from '../../src/cli/log/httpWords.ts';
import { packetWords } from '../../src/cli/log/packetWords.ts';
import { PeerWords } from '../../src/cli/log/peerWords.ts';
import { type Direction, SpokenDecoder } from '../../src/protocol/peer/spoken.ts';
import { noteLine } from '../../src/cli/views/note.ts';
import { drawn } from '../../marbles/index.ts';
import { loggedEnv } from '../../src/cli/log/loggedEnv.ts';
import type { Env } from '../../src/contracts/env.ts';
import type { Storage } from '../../src/contracts/storage.ts';
import { streamStorage } from '../../src/disk/files/streamStorage.ts';
import { loggedWorld } from '../../src/cli/log/loggedWorld.ts';
import { nodeEnv } from '../../src/node.ts';
import { encode } from '../../src/protocol/encoding/bencode.ts';
import { encodeHandshake } from '../../src/protocol/peer/handshake.ts';
import { announceUrl } from '../../src/protocol/tracker/httpTrackerReply.ts';
import { encodeKrpc } from '../../src/protocol/dht/encodeKrpc.ts';
import { encodeLsd } from '../../src/protocol/lan/lsd.ts';
import { encodeMessages, type Message } from '../../src/protocol/peer/messages.ts';
import { encodeConnect, encodeScrape } from '../../src/protocol/tracker/udpTrackerPackets.ts';

const id = new Uint8Array(20).fill(0xab);
const hex = 'ab'.repeat(20);
const transaction = Uint8Array.of(1, 2);
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** All that a listener hears of `sent`, cut into chunks at `cuts`. */
const heard = (sent: Uint8Array, cuts: readonly number[]): string[] => {
  const words = new PeerWords();
  const lines: string[] = [];
  const spoken = new SpokenDecoder({
    heard: (said) => void lines.push(words.of('<', said)),
    lost: (why) => void lines.push(`lost: ${why.message}`),
  });
  const ends = [...new Set([0, ...cuts.map((cut) => cut % (sent.length + 1)), sent.length])].sort((a, b) => a - b);
  ends.slice(1).forEach((end, at) => spoken.push(sent.slice(ends[at], end)));
  return lines;
};

describe('what peers say, in words', () => {
  const messages: Message[] = [
    { type: 'keepAlive' },
    { type: 'choke' },
    { type: 'notInterested' },
    { type: 'haveNone' },
    { type: 'have', piece: 3 },
    { type: 'suggest', piece: 4 },
    { type: 'allowedFast', piece: 5 },
    { type: 'bitfield', bytes: Uint8Array.of(0b1110_0000) },
    { type: 'request', piece: 1, begin: 16384, length: 1 },
    { type: 'reject', piece: 1, begin: 0, length: 16384 },
    { type: 'piece', piece: 1, begin: 0, bytes: new Uint8Array(10) },
    { type: 'extended', id: 9, payload: Uint8Array.of(1, 2, 3) },
    { type: 'extended', id: 0, payload: Uint8Array.of(1, 2, 3) },
  ];
  const peerId = new Uint8Array(Buffer.from('-LT2080-abcdefghijkl'));
  const sent = Buffer.concat([encodeHandshake({ infoHash: id, peerId, fast: true }), encodeMessages(messages)]);

  it('is the same however it is cut', () => {
    const whole = heard(sent, []);
    expect(whole).toEqual([
      `handshake: libtorrent 2.0.8, torrent ${hex}; fast`,
      'keep-alive',
      'choke',
      'not interested',
      'have none',
      'have piece 3',
      'suggest piece 4',
      'allowed fast: piece 5',
      'bitfield: has 3 pieces',
      'request piece 1 from 16384, 1 byte',
      'reject piece 1 from 0, 16384 bytes',
      'block of piece 1 from 0, 10 bytes',
      'extension 9: 3 bytes',
      expect.stringMatching(/^extension handshake: malformed: /),
    ]);
    fc.assert(fc.property(fc.array(fc.nat()), (cuts) => void expect(heard(sent, cuts)).toEqual(whole)));
  });

  it('is one word about what makes no sense, and then silence', () => {
    expect(heard(Buffer.from(`HTTP/1.1 200 OK\r\n${'x'.repeat(100)}`), [])).toEqual([
      expect.stringMatching(/^lost: handshake: /),
    ]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat()), (noise, cuts) => {
        for (const line of heard(Buffer.concat([sent.subarray(0, 68), noise]), cuts)) expect(line).not.toMatch(CONTROL);
      }),
    );
  });
});

describe('datagrams in words', () => {
  it.each<[what: string, direction: Direction, bytes: Uint8Array, multicast: boolean, says: readonly [string, string]]>(
    [
      [
        'a ping',
        '>',
        encodeKrpc({ type: 'query', transaction, id, question: { method: 'ping' } }),
        false,
        ['dht', 'ping'],
      ],
      [
        'get_peers',
        '<',
        encodeKrpc({ type: 'query', transaction, id, question: { method: 'get_peers', infoHash: id, want: [] } }),
        false,
        ['dht', `get_peers ${hex}`],
      ],
      [
        'a reply',
        '<',
        encodeKrpc({ type: 'reply', transaction, id, token: id, peers: [{ host: '10.0.0.1', port: 1 }] }),
        false,
        ['dht', 'reply: 1 peer, a token'],
      ],
      ['an empty reply', '<', encodeKrpc({ type: 'reply', transaction, id }), false, ['dht', 'reply: here I am']],
      [
        'an error',
        '<',
        encodeKrpc({ type: 'error', transaction, code: 201, message: '\x1b[2J' }),
        false,
        ['dht', 'error 201: \\x1b[2J'],
      ],
      ['LSD', '>', encodeLsd({ port: 6881, infoHashes: [id] }, 4), true, ['lsd', `has ${hex}, listens at 6881`]],
      ['a connect', '>', encodeConnect(1), false, ['tracker', 'connect']],
      ['a scrape', '>', encodeScrape(new Uint8Array(8), 1, [id]), false, ['tracker', 'scrape']],
      [
        'an error of a tracker',
        '<',
        Buffer.concat([Uint8Array.of(0, 0, 0, 3, 0, 0, 0, 1), Buffer.from('no\x07')]),
        false,
        ['tracker', 'error: no\\x07'],
      ],
      [
        'nothing',
        '<',
        new Uint8Array(),
        false,
        ['tracker', 'malformed: UDP tracker reply: expected at least 8 bytes, got 0'],
      ],
      ['too little of ours', '>', new Uint8Array(3), false, ['tracker', '3 bytes']],
    ],
  )('%s', (_, direction, bytes, multicast, says) => {
    expect(packetWords(direction, bytes, multicast, 4)).toEqual(says);
  });

  it('never fail, and never act on a terminal', () => {
    const packet = fc.oneof(
      fc.uint8Array({ maxLength: 120 }),
      fc.uint8Array({ maxLength: 60 }).map((inner) => Buffer.concat([Buffer.from('d'), inner, Buffer.from('e')])),
    );
    fc.assert(
      fc.property(
        packet,
        fc.constantFrom<Direction>('<', '>'),
        fc.boolean(),
        fc.constantFrom<4 | 6>(4, 6),
        (bytes, direction, multicast, family) => {
          expect(packetWords(direction, bytes, multicast, family)[1]).not.toMatch(CONTROL);
        },
      ),
    );
  });
});

describe('HTTP in words', () => {
  it('tells what is asked without keys and ids', () => {
    const query = { infoHash: id, peerId: id, port: 6881, uploaded: 0, downloaded: 0, left: 5, key: 'secret' };
    expect(httpRequest(announceUrl('http://t.example/announce?passkey=secret', query))).toEqual([
      'tracker',
      'announce, port 6881, left 5',
    ]);
    expect(httpRequest('http://t.example/scrape?info_hash=x')).toEqual(['tracker', 'scrape']);
    expect(httpRequest('http://t.example/a.torrent?info=1')).toEqual(['http', 'get']);
  });

  it('tells what is answered', () => {
    const reply = (status: number, body: Uint8Array): string => httpReply('tracker', { status, body, url: '' });
    expect(reply(200, encode({ 'failure reason': 'go\x1b away' }))).toBe('refused: go\\x1b away');
    expect(reply(200, encode({ interval: 60, peers: new Uint8Array(12), 'warning message': 'slow' }))).toMatch(
      /next announce in 1 min, warns: slow$/,
    );
    expect(reply(200, Buffer.from('<html>'))).toBe('status 200, 6 bytes');
    expect(reply(404, encode({ interval: 60, peers: '' }))).toMatch(/^status 404, \d+ bytes$/);
  });
});

describe('the log', () => {
  it('has the local time, the room, the direction, and the other side', () => {
    const at = new Date(2026, 0, 2, 3, 4, 5, 6);
    expect(noteLine({ room: 'dht', direction: '>', who: '10.0.0.1:1', what: 'ping' }, at)).toBe(
      '03:04:05.006 dht     > 10.0.0.1:1  ping',
    );
  });

  it('costs nothing when it is not asked for', async () => {
    const { httpGet, bindUdp, openStorage } = nodeEnv();
    const say = (): never => expect.unreachable();
    const none = await loggedWorld({ rooms: [] }, say);
    expect(none).toMatchObject({ httpGet });
    expect([none.bindUdp, none.openStorage].map(String)).toEqual([bindUdp, openStorage].map(String));
    const some = await loggedWorld({ rooms: ['disk'] }, say);
    expect(some).toMatchObject({ httpGet });
    expect(String(some.bindUdp)).toBe(String(bindUdp));
    expect(String(some.openStorage)).not.toBe(String(openStorage));
  });
});

describe('--verbose=disk', () => {
  it('tells of a storage, and leaves it what it is: a pipe stays one', () => {
    const lines: string[] = [];
    const opened: Storage[] = [];
    drawn(({ world, torrent }) => {
      const { env } = world();
      const pipe: Env = { ...env, openStorage: () => of(streamStorage(torrent, 0, () => EMPTY)) };
      const logged = loggedEnv(pipe, ['disk'], ({ who, what }) => void lines.push(`${who}: ${what}`));
      logged.openStorage(torrent, { folder: '.' }).subscribe((storage) => opened.push(storage));
      opened[0]?.write(0, new Uint8Array(3)).subscribe();
      opened[0]?.notes.save(new Uint8Array(1)).subscribe();
    })();
    expect(opened[0]?.ordered).toBe(true);
    expect('digest' in (opened[0] as Storage)).toBe(false);
    expect(lines).toEqual(['drawn: write 3 bytes at 0', 'drawn: save a note, 1 byte']);
  });
});
