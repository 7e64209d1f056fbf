import { catchError, concat, concatMap, ignoreElements, map, mergeMap, NEVER, of, take, tap } from 'rxjs';
import { describe, it } from 'vitest';
import { handshake, type Identity } from '../operators/handshake.ts';
import type { Wire } from '../src/contracts/network.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { encodeHandshake } from '../src/protocol/peer/handshake.ts';
import { Malformed } from '../src/protocol/encoding/malformed.ts';
import { encodeMessages, type Message } from '../src/protocol/peer/messages.ts';
import { drawn, type Stage } from './index.ts';

const peerId = new TextEncoder().encode('-RX0001-ourselves---');
const theirId = new TextEncoder().encode('-XX0001-somebody----');
const failed = (code: string): unknown => ({ name: 'PeerError', code });

const us = ({ torrent, geometry }: Stage): Identity => ({
  infoHash: torrent.infoHash,
  peerId,
  pieceCount: geometry.pieceCount,
});
const theirs = ({ torrent }: Stage, abilities = {}): Uint8Array =>
  encodeHandshake({ infoHash: torrent.infoHash, peerId: theirId, ...abilities });
const open = (wire: Wire) => concat(of(wire), NEVER);
const words = mergeMap(({ messages$ }: Peer) => messages$);
const glued = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const said = (...messages: readonly Message[]): Uint8Array => encodeMessages(messages);

describe('handshake', () => {
  it(
    'makes a peer of a wire',
    drawn((stage) => {
      const wire = stage.wire('-h---H--|');
      stage.gives(of(wire).pipe(handshake(us(stage)))).toBe('-p------|');
      stage.sends(wire).toBe('         h--------');
    }),
  );

  it(
    'makes messages of what follows, and all end together',
    drawn((stage) => {
      const wire = stage.wire('-h-B-U-1-2-|');
      stage.gives(of(wire).pipe(handshake(us(stage)), words)).toBe('---B-U-1-2-|');
    }),
  );

  it(
    'waits for a wire that never opens',
    drawn((stage) => {
      stage.gives(stage.cold<Wire>('-').pipe(handshake(us(stage))), '^ 1m !').toBe('-');
      stage.gives(stage.cold<Wire>('--|').pipe(handshake(us(stage)))).toBe('--|');
      stage
        .gives(stage.cold<Wire>('--#', {}, new PeerError('refused', 'no')).pipe(handshake(us(stage))))
        .toBe('--#', undefined, failed('refused'));
    }),
  );

  it(
    'says who we are and which extensions we speak',
    drawn((stage) => {
      const wire = stage.wire('-----');
      stage.gives(of(wire).pipe(handshake(us(stage))), '^--!').toBe('-');
      const reserved = Uint8Array.of(0, 0, 0, 0, 0, 0x10, 0, 4);
      stage.gives(stage.cold('-a').pipe(map(() => wire.sent[0]?.value))).toBe('-h', {
        h: {
          type: 'handshake',
          infoHash: stage.torrent.infoHash,
          peerId,
          reserved,
          fast: true,
          extended: true,
          dht: false,
        },
      });
    }),
  );

  it(
    'tells who they are',
    drawn((stage) => {
      const wire = stage.wire('-h', undefined, { fast: true, peerId: theirId });
      const who$ = open(wire).pipe(
        handshake(us(stage)),
        map(({ address, id, state }) => [address.host, id, state.fast, state.choked, state.have.count]),
      );
      stage.gives(who$).toBe('-x', { x: ['10.0.0.1', theirId, true, true, 0] });
    }),
  );

  it(
    'sends what is said, in one write, and remembers it',
    drawn((stage) => {
      const wire = stage.wire('-h----');
      const writes = '         h(UI)-';
      const talk$ = open(wire).pipe(
        handshake(us(stage)),
        tap((peer) => peer.send({ type: 'unchoke' }, { type: 'interested' })),
        map(({ state }) => [state.choking, state.interesting]),
      );
      stage.gives(talk$).toBe('-x', { x: [false, true] });
      stage.sends(wire).toBe(writes);
    }),
  );

  it(
    'ends without a word when nobody listens any more',
    drawn((stage) => {
      const wire = stage.wire('-h-H-H--');
      const subs = '           ^---!';
      const gives = '          ---H----';
      stage.gives(open(wire).pipe(handshake(us(stage)), words), subs).toBe(gives);
      stage.expectSubscriptions(wire.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes the messages of a peer that is left',
    drawn((stage) => {
      const wire = stage.wire('-h-H-H--');
      let ended = 0;
      const session$ = open(wire).pipe(
        handshake(us(stage)),
        tap(({ messages$ }) => messages$.subscribe({ complete: () => void (ended = stage.now()) })),
      );
      stage.gives(session$, '^---!').toBe('-p');
      stage.gives(stage.cold('-----a').pipe(map(() => ended))).toBe('-----x', { x: 4 });
    }),
  );

  it(
    'hangs up on a peer when another wire comes',
    drawn((stage) => {
      const first = stage.wire(' -h-H-H-H-');
      const second = stage.wire('-----h-U--');
      const wires = stage.cold('w---v-----', { w: first, v: second });
      const gives = '           ---H---U--';
      stage.gives(wires.pipe(handshake(us(stage)), words)).toBe(gives);
      stage.expectSubscriptions(first.subscriptions).toBe('^---!');
    }),
  );
});

describe('handshake, however it is cut', () => {
  it(
    'finds messages in the same chunk, and loses none',
    drawn((stage) => {
      const { words: say } = stage;
      const wire = stage.wire('-g------U|', {
        g: glued(theirs(stage), said(say.bitfield(0, 1), { type: 'unchoke' }, say.block(1))),
      });
      const gives = '          -(BU1)--U|';
      stage.gives(of(wire).pipe(handshake(us(stage)), words)).toBe(gives);
    }),
  );

  it(
    'emits the peer in the middle of the chunk: its state is that before the messages',
    drawn((stage) => {
      const wire = stage.wire('-g', { g: glued(theirs(stage), said({ type: 'unchoke' }, stage.words.have(1))) });
      const seen: unknown[] = [];
      const peer$ = open(wire).pipe(
        handshake(us(stage)),
        tap(({ state, messages$ }) => {
          seen.push(`peer ${state.choked}`);
          messages$.subscribe(({ type }) => seen.push(`${type} ${state.choked} ${state.have.count}`));
        }),
      );
      stage.gives(peer$).toBe('-p');
      stage
        .gives(stage.cold('--a').pipe(map(() => seen)))
        .toBe('--x', { x: ['peer true', 'unchoke false 0', 'have false 1'] });
    }),
  );

  it(
    'is the same byte by byte',
    drawn((stage) => {
      const bytes = glued(theirs(stage), said(stage.words.have(1), { type: 'unchoke' }));
      const letters = Array.from(bytes, (_, n) => String.fromCharCode(0x4e00 + n));
      const dripping = () =>
        stage.wire(
          letters.join(''),
          Object.fromEntries(letters.map((letter, n) => [letter, bytes.subarray(n, n + 1)])),
        );
      stage.gives(open(dripping()).pipe(handshake(us(stage)))).toBe('67ms p');
      stage.gives(open(dripping()).pipe(handshake(us(stage)), words)).toBe('76ms H 4ms U');
    }),
  );

  it(
    'leaves in the middle of a chunk if told to',
    drawn((stage) => {
      const chunk = glued(theirs(stage), said({ type: 'unchoke' }, { type: 'choke' }));
      const [one, other] = [stage.wire('-g--H', { g: chunk }), stage.wire('-g--H', { g: chunk })];
      stage.gives(open(one).pipe(handshake(us(stage)), take(1))).toBe('-(p|)');
      stage.gives(open(other).pipe(handshake(us(stage)), words, take(1))).toBe('-(U|)');
      stage.expectSubscriptions(one.subscriptions).toBe('^!');
      stage.expectSubscriptions(other.subscriptions).toBe('^!');
    }),
  );

  it(
    'may be answered from inside',
    drawn((stage) => {
      const wire = stage.wire('-g---', { g: glued(theirs(stage), said({ type: 'interested' }, { type: 'unchoke' })) });
      const writes = '         h(KUI)';
      const answered$ = open(wire).pipe(
        handshake(us(stage)),
        concatMap((peer) => {
          peer.send({ type: 'keepAlive' });
          return peer.messages$.pipe(
            tap(({ type }) => peer.send({ type: type === 'unchoke' ? 'interested' : 'unchoke' })),
          );
        }),
        ignoreElements(),
      );
      stage.gives(answered$).toBe('-');
      stage.sends(wire).toBe(writes);
    }),
  );
});

describe('handshake with those who are not what they should be', () => {
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
    'gives them no longer than it is told to',
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
    'lets defects of ours pass as what they are',
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
