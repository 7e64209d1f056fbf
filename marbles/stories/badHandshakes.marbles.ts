import { catchError, ignoreElements, map, of, tap } from 'rxjs';
import { describe, it } from 'vitest';
import { handshake } from '../../operators/handshake.ts';
import { PeerError } from '../../src/contracts/errors.ts';
import { encodeHandshake } from '../../src/protocol/peer/handshake.ts';
import { Malformed } from '../../src/protocol/encoding/malformed.ts';
import type { Message } from '../../src/protocol/peer/messages.ts';
import { drawn } from '../index.ts';
import { peerId, theirId, failed, us, open, words, said } from './handshakeScene.ts';

/** The first bytes of a right handshake. */
function theirsOf(length: number): Uint8Array {
  return encodeHandshake({ infoHash: new Uint8Array(20).fill(0x1f), peerId: theirId }).subarray(0, length);
}

/** One byte after the other, as letters from `a`. */
function drip(count: number): Record<string, Uint8Array> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, n) => [String.fromCharCode(97 + n), theirsOf(count).subarray(n, n + 1)]),
  );
}

describe('handshake with malformed or hostile peers', () => {
  it.each([
    ['say nothing', '-', {}, '10s #', 'timeout'],
    ['send half of it and wait', '-a', { a: theirsOf(34) }, '10s #', 'timeout'],
    [
      'drip a byte every second',
      '1s a 999ms b 999ms c 999ms d 999ms e 999ms f 999ms g 999ms h 999ms i',
      drip(9),
      '10s #',
      'timeout',
    ],
    ['hang up before', '---|', {}, '---#', 'reset'],
    ['send half of it and hang up', '-a-|', { a: theirsOf(67) }, '---#', 'reset'],
    ['break the connection', '---#', {}, '---#', 'reset'],
    ['speak another protocol', '--a-', { a: new TextEncoder().encode('HTTP/1.1 400 Bad Request') }, '--#', 'malformed'],
    ['are wrong from the first byte', '--a-', { a: Uint8Array.of(18) }, '--#', 'malformed'],
    ['are wrong in the last byte of the name', '-ab-', { a: theirsOf(19), b: Uint8Array.of(0x4c) }, '--#', 'malformed'],
    [
      'share another torrent',
      '-a--',
      { a: encodeHandshake({ infoHash: new Uint8Array(20), peerId: theirId }) },
      '-#',
      'wrong-info-hash',
    ],
    [
      'are ourselves',
      '-a--',
      { a: encodeHandshake({ infoHash: new Uint8Array(20).fill(0x1f), peerId }) },
      '-#',
      'self',
    ],
  ] as const)('hangs up on those who %s', (_, lane, chunks, gives, code) =>
    drawn((stage) => {
      const wire = stage.wire(lane, chunks);
      stage.gives(open(wire).pipe(handshake(us(stage)))).toBe(gives, undefined, failed(code));
    })(),
  );

  it(
    'waits for a peer no longer than it is told to',
    drawn((stage) => {
      stage
        .gives(open(stage.wire('2001ms h')).pipe(handshake(us(stage), { within: 2000 })))
        .toBe('2s #', undefined, failed('timeout'));
      stage.gives(open(stage.wire('1999ms h')).pipe(handshake(us(stage), { within: 2000 }))).toBe('1999ms p');
    }),
  );

  it.each([
    ['a length that lies', Uint8Array.of(0, 0, 0, 2, 0), 'malformed'],
    ['a length beyond all bounds', Uint8Array.of(0x7f, 0xff, 0xff, 0xff), 'oversized'],
    ['a block longer than any', Uint8Array.of(0, 2, 0, 9, 7), 'oversized'],
    ['a bitfield of another torrent', said({ type: 'bitfield', bytes: new Uint8Array(2) }), 'malformed'],
    ['a piece that there is not', said({ type: 'have', piece: 2 }), 'malformed'],
    [
      'bitfields too late, that say nothing new',
      said({ type: 'unchoke' }, ...new Array<Message>(9).fill({ type: 'bitfield', bytes: Uint8Array.of(0) })),
      'malformed',
    ],
    ['an extension that was not agreed on', said({ type: 'haveAll' }), 'malformed'],
  ] as const)('hangs up on %s afterwards', (_, bytes, code) =>
    drawn((stage) => {
      let ended = -1;
      const wire = stage.wire('-h--x--H', { x: bytes });
      const session$ = open(wire).pipe(
        handshake(us(stage)),
        tap(({ messages$ }) => messages$.subscribe({ complete: () => void (ended = stage.now()) })),
      );
      stage.gives(session$).toBe('-p--#', undefined, failed(code));
      stage.expectSubscriptions(wire.subscriptions).toBe('^---!');
      stage.gives(stage.cold('-----a').pipe(map(() => ended))).toBe('-----x', { x: 4 });
    })(),
  );

  it(
    'names the peer and what it did, and keeps the cause',
    drawn((stage) => {
      const wire = stage.wire('-h-x', { x: Uint8Array.of(0, 0, 0, 2, 0) });
      const told$ = open(wire).pipe(
        handshake(us(stage)),
        ignoreElements(),
        catchError((error: unknown) =>
          of([(error as PeerError).message, (error as PeerError).cause instanceof Malformed]),
        ),
      );
      stage.gives(told$).toBe('---(x|)', { x: ['10.0.0.1:6881: message 0: expected 0 bytes of payload, got 1', true] });
    }),
  );

  it(
    'passes defects of ours on unchanged',
    drawn((stage) => {
      const wire = stage.wire('-h-H');
      const broken$ = open(wire).pipe(
        handshake(us(stage)),
        words,
        map(() => {
          throw new TypeError('ours');
        }),
      );
      stage.gives(broken$).toBe('---#', undefined, new TypeError('ours'));
    }),
  );
});
