import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeHandshake } from '../../src/protocol/peer/handshake.ts';
import { encodeMessages, type Message } from '../../src/protocol/peer/messages.ts';
import { contentOf } from '../swarm/content.ts';
import { drawnDuel } from '../swarm/drawnDuel.ts';
import type { Conduct, Talk } from '../swarm/scriptedPeer.ts';
import { leavings } from '../swarm/run.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const content = contentOf({ length: 2 * MiB - 5, pieceLength: 64 * KiB });

/** A message whose length prefix says `length`, and then `bytes`. */
const claims = (length: number, ...bytes: number[]): Uint8Array => {
  const message = new Uint8Array(4 + bytes.length);
  new DataView(message.buffer).setUint32(0, length);
  message.set(bytes, 4);
  return message;
};

/** After the handshakes. */
const says = (what: (talk: Talk) => void, more: Conduct = {}): Conduct => ({
  ...more,
  onHandshake: (talk) => {
    what(talk);
    return true;
  },
});
const field = (length: number, fill: number): Message => ({
  type: 'bitfield',
  bytes: new Uint8Array(length).fill(fill),
});
const full = field(4, 0xff);

const many = (
  count: number,
  range: { readonly piece: number; readonly begin: number; readonly length: number },
): readonly Message[] => new Array<Message>(count).fill({ type: 'request', ...range });

describe('what can be no message, or not here', () => {
  const cases: readonly (readonly [string, string, Conduct])[] = [
    [
      'random bytes instead of a handshake',
      'malformed',
      { onConnect: (talk) => (talk.raw(randomBytes(100_000)), true) },
    ],
    [
      'a handshake with one letter wrong',
      'malformed',
      { onConnect: (talk) => (talk.raw(Buffer.from('\x13BitTorrent protocoL' + '0'.repeat(48))), true) },
    ],
    ['the handshake of another torrent', 'wrong-info-hash', { infoHash: new Uint8Array(20).fill(7) }],
    [
      'half a handshake and the end',
      'reset',
      {
        onConnect: (talk) => (
          talk.socket.end(
            encodeHandshake({ infoHash: content.torrent.infoHash, peerId: talk.peer.id }).subarray(0, 40),
          ),
          true
        ),
      },
    ],
    [
      'half a handshake and a reset',
      'reset',
      {
        onConnect: (talk) => (
          talk.raw(Buffer.from('\x13BitT')), talk.after(30, () => void talk.socket.resetAndDestroy()), true
        ),
      },
    ],
    [
      'random bytes after the handshake',
      'oversized',
      says((talk) => talk.raw(Uint8Array.of(0xde, 0xad, 0xbe, 0xef, 0x99, ...randomBytes(50_000)))),
    ],
    ['a message of 4 GiB', 'oversized', says((talk) => talk.raw(claims(0xffff_ffff, 7)))],
    ['a message of 1 MiB and 1 byte', 'oversized', says((talk) => talk.raw(claims(MiB + 1, 99)))],
    ['a block of 128 KiB', 'oversized', says((talk) => talk.raw(claims(9 + 128 * KiB, 7)))],
    ['a have of three bytes', 'malformed', says((talk) => talk.raw(claims(4, 4, 0, 0, 0)))],
    ['a choke of two bytes', 'malformed', says((talk) => talk.raw(claims(2, 0, 0)))],
    ['a have past the end', 'malformed', says((talk) => talk.send({ type: 'have', piece: 32 }))],
    ['the last have there can be', 'malformed', says((talk) => talk.send({ type: 'have', piece: 0xffff_ffff }))],
    ['a bitfield that is too short', 'malformed', says((talk) => talk.send(field(3, 0xff)))],
    ['a bitfield that is too long', 'malformed', says((talk) => talk.send(field(5, 0xff)))],
    ['a bitfield, ten times', 'malformed', says((talk) => talk.send(...new Array<Message>(10).fill(full)))],
    [
      'have all, and nine bitfields',
      'malformed',
      says((talk) => talk.send({ type: 'haveAll' }, ...new Array<Message>(9).fill(full))),
    ],
    [
      'have none, and nine times have all',
      'malformed',
      says((talk) => talk.send({ type: 'haveNone' }, ...new Array<Message>(9).fill({ type: 'haveAll' }))),
    ],
    ['have all, then have none', 'malformed', says((talk) => talk.send({ type: 'haveAll' }, { type: 'haveNone' }))],
    [
      'have all without the fast extension',
      'malformed',
      says((talk) => talk.send({ type: 'haveAll' }), { fast: false }),
    ],
    [
      'requests while choked, a flood of them',
      'unexpected',
      says((talk) => talk.send(full, ...many(500, { piece: 1, begin: 0, length: 16 * KiB }))),
    ],
    [
      'requests out of range, a flood of them',
      'unexpected',
      says((talk) => talk.send(full, ...many(500, { piece: 99, begin: 7, length: 2 ** 31 }))),
    ],
    ['an extended message without an id', 'malformed', says((talk) => talk.raw(claims(1, 20)))],
  ];
  it.each(cases)('%s: %s', (_, reason, conduct) => {
    const { ran, hostile, honest } = drawnDuel(content, conduct, { honest: { unchokeAfter: 100 } });
    expect(ran.sha256).toBe(content.sha256);
    expect(leavings(ran, hostile.port)[0]).toBe(reason);
    expect(leavings(ran, honest.port)).not.toContain(reason);
    expect(hostile.talks.length).toBe(1);
  });
});

describe('what is odd, and no harm', () => {
  const extended = (id: number): Message => ({ type: 'extended', id, payload: Buffer.from('de') });
  const serves = (what: (talk: Talk) => void): Conduct =>
    says((talk) => {
      talk.sayWhatThereIs();
      what(talk);
    });
  const cases: readonly (readonly [string, Conduct])[] = [
    [
      'extension handshakes of garbage',
      serves((talk) =>
        talk.send(
          ...new Array(50)
            .fill(0)
            .map((_, n): Message => ({ type: 'extended', id: n % 4, payload: randomBytes(n * 40) })),
        ),
      ),
    ],
    [
      'messages of unknown types, up to 1 MiB',
      serves((talk) =>
        talk.raw(
          Buffer.concat([
            claims(1, 99),
            claims(5, 250, 1, 2, 3, 4),
            claims(MiB, 10),
            new Uint8Array(MiB - 1),
            claims(0),
          ]),
        ),
      ),
    ],
    [
      '300,000 haves',
      serves((talk) =>
        talk.raw(Buffer.concat(new Array<Uint8Array>(300_000).fill(encodeMessages([{ type: 'have', piece: 7 }])))),
      ),
    ],
    ['100,000 keep-alives', serves((talk) => talk.raw(new Uint8Array(400_000)))],
    [
      '100,000 chokes before the first unchoke',
      serves((talk) =>
        talk.raw(Buffer.concat(new Array<Uint8Array>(100_000).fill(encodeMessages([{ type: 'choke' }])))),
      ),
    ],
    [
      '10,000 times interested and not',
      serves((talk) =>
        talk.send(
          ...new Array(20_000).fill(0).map((_, n): Message => ({ type: n % 2 === 0 ? 'interested' : 'notInterested' })),
        ),
      ),
    ],
    [
      '10,000 suggestions and allowed fast',
      serves((talk) =>
        talk.send(
          ...new Array(20_000)
            .fill(0)
            .map((_, n): Message => ({ type: n % 2 === 0 ? 'suggest' : 'allowedFast', piece: n % 32 })),
        ),
      ),
    ],
    [
      'a bitfield and have all again and again, as aria2 says them',
      serves((talk) => talk.send(full, full, { type: 'haveAll' }, { type: 'haveAll' }, full)),
    ],
    [
      'suggestions, allowed fast and rejects past the end',
      serves((talk) =>
        talk.send(
          ...new Array(3000)
            .fill(0)
            .map((_, n): Message => ({ type: n % 2 === 0 ? 'suggest' : 'allowedFast', piece: 32 + n })),
          ...new Array(1000)
            .fill(0)
            .map((_, n): Message => ({ type: 'reject', piece: 99 + n, begin: 0, length: 16 * KiB })),
        ),
      ),
    ],
    ['a bitfield later than an unchoke', says((talk) => (talk.unchoke(), talk.sayWhatThereIs()), { fast: false })],
    [
      'a port, and extended messages, without a word of them in the handshake',
      serves((talk) => talk.send({ type: 'port', port: 6881 }, extended(0), extended(3))),
    ],
    [
      'some requests of what can be had of nobody',
      serves((talk) => talk.send(...many(200, { piece: 99, begin: 1, length: 2 ** 31 }))),
    ],
    [
      'cancels of what was not asked for',
      serves((talk) =>
        talk.send(
          ...new Array(1000).fill(0).map((_, n): Message => ({ type: 'cancel', piece: n, begin: 0, length: 16 * KiB })),
        ),
      ),
    ],
    [
      'rejects of what was not asked for',
      serves((talk) =>
        talk.send(
          ...new Array(1000)
            .fill(0)
            .map((_, n): Message => ({ type: 'reject', piece: n % 32, begin: 0, length: 16 * KiB })),
        ),
      ),
    ],
  ];
  it.each(cases)('%s: it may still serve', (_, conduct) => {
    const { ran, hostile } = drawnDuel(content, conduct, { honest: { unchokeAfter: 300, bytesPerSecond: 2 * MiB } });
    expect(ran.sha256).toBe(content.sha256);
    expect(leavings(ran, hostile.port)).toEqual([]);
    expect(hostile.given.size).toBeGreaterThan(0);
  });

  it('300,000 haves cost less than a second of CPU more than none', () => {
    const cost = (haves: number): number => {
      const flood = encodeMessages([{ type: 'have', piece: 7 }]);
      const conduct = serves((talk) => talk.raw(Buffer.concat(new Array<Uint8Array>(haves).fill(flood))));
      const before = process.cpuUsage();
      const { ran, hostile } = drawnDuel(content, conduct);
      const { user, system } = process.cpuUsage(before);
      expect([ran.sha256, leavings(ran, hostile.port)]).toEqual([content.sha256, []]);
      return (user + system) / 1000;
    };
    // The first run compiles what all of them need.
    cost(1);
    const none = cost(1);
    expect(cost(300_000) - none).toBeLessThan(1000);
  });

  it('a bitfield with its spare bits set', () => {
    const odd = contentOf({ length: 2 * MiB + 5, pieceLength: 64 * KiB });
    const conduct = { fast: false, onHandshake: (talk: Talk) => (talk.send(field(5, 0xff)), true) };
    const { ran, hostile } = drawnDuel(odd, conduct, { honest: { unchokeAfter: 300, bytesPerSecond: 2 * MiB } });
    expect(ran.sha256).toBe(odd.sha256);
    expect(leavings(ran, hostile.port)).toEqual([]);
    expect(hostile.given.size).toBeGreaterThan(0);
  });

  it('every byte in a packet of its own', () => {
    const small = contentOf({ length: 40_000 });
    const drips: Conduct = {
      onRequest: (request, talk) => {
        const bytes = encodeMessages([
          { type: 'piece', piece: request.piece, begin: request.begin, bytes: talk.blockOf(request) },
        ]);
        for (let at = 0; at < bytes.length; at += 7) talk.raw(bytes.subarray(at, at + 7));
        talk.peer.served(request, request.length);
        return true;
      },
    };
    const { ran } = drawnDuel(small, drips, { honest: { unchokeAfter: Infinity } });
    expect(ran.sha256).toBe(small.sha256);
  });

  it('ourselves: dropped', () => {
    const peerId = new Uint8Array(20).fill(65);
    const mirror: Conduct = { onConnect: (talk) => (talk.socket.on('data', (bytes) => talk.raw(bytes)), true) };
    const { ran, hostile } = drawnDuel(content, mirror, { peerId });
    expect(ran.sha256).toBe(content.sha256);
    expect(leavings(ran, hostile.port)).toEqual(['self']);
  });
});
