import { concatMap, ignoreElements, map, of, take, tap } from 'rxjs';
import { describe, it } from 'vitest';
import { handshake } from '../operators/handshake.ts';
import type { Wire } from '../src/contracts/network.ts';
import { NetworkError } from '../src/contracts/errors.ts';
import { encodeHandshake } from '../src/protocol/peer/handshake.ts';
import { drawn, type Stage } from './index.ts';
import { peerId, theirId, failed, us, open, words, said } from './stories/handshakeScene.ts';

const theirs = ({ torrent }: Stage, abilities = {}): Uint8Array =>
  encodeHandshake({ infoHash: torrent.infoHash, peerId: theirId, ...abilities });

const glued = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

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
        .gives(stage.cold<Wire>('--#', {}, new NetworkError('refused', 'there', 'no')).pipe(handshake(us(stage))))
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
