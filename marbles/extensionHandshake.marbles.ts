import { concat, map, mergeMap, NEVER, of, take, tap } from 'rxjs';
import { describe, it } from 'vitest';
import { extensionHandshake } from '../operators/extensionHandshake.ts';
import { handshake } from '../operators/handshake.ts';
import type { Wire } from '../src/contracts/network.ts';
import type { Peer } from '../src/contracts/peer.ts';
import {
  decodeExtensionHandshake,
  encodeExtensionHandshake,
  type ExtensionHandshake,
} from '../src/protocol/peer/extensions.ts';
import { encodeHandshake } from '../src/protocol/peer/handshake.ts';
import { encodeMessages, type Message } from '../src/protocol/peer/messages.ts';
import { drawn, type Stage } from './index.ts';

const peerId = new TextEncoder().encode('-RX0100-ourselves---');
const names = ['ut_pex', 'xx_ours'];
const open = <T>(value: T) => concat(of(value), NEVER);
const saying = (handshake: Partial<ExtensionHandshake>): Message => ({
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({ ids: new Map(), ...handshake }),
});
const speaking = (...ids: readonly (readonly [string, number])[]): Message => saying({ ids: new Map(ids) });
const failed = (code: string): unknown => ({ name: 'PeerError', code });
const us = ({ torrent, geometry }: Stage) => ({ infoHash: torrent.infoHash, peerId, pieceCount: geometry.pieceCount });
const told = (message: unknown): ExtensionHandshake =>
  decodeExtensionHandshake((message as { readonly payload: Uint8Array }).payload);

describe('extensionHandshake', () => {
  it(
    'says what we speak, and lets the peer through at once',
    drawn(({ peer, gives, sends }) => {
      const they = peer(' --E----');
      const writes = '    E------';
      const passes = '    p------';
      gives(open(they).pipe(extensionHandshake({ names })), '^------!').toBe(passes);
      sends(they).toBe(writes);
    }),
  );

  it(
    'says neither who we are nor whom we see, anonymously',
    drawn((stage) => {
      const they = stage.peer('-', {}, { extended: true });
      const said$ = open(they).pipe(
        extensionHandshake({ names: ['ut_pex'], version: 'us 1', anonymous: true }),
        map(() => told(they.sent[0]?.value)),
      );
      stage.gives(said$).toBe('x', { x: { ids: new Map([['ut_pex', 1]]), reqq: 500 } });
    }),
  );

  it(
    'says of us what there is to say',
    drawn((stage) => {
      const they = stage.peer('-', {}, { extended: true });
      const ours = { names, version: 'us 1', port: 6881, reqq: 250, metadataSize: 31_235, uploadOnly: true };
      const said$ = open(they).pipe(
        extensionHandshake(ours),
        map(() => told(they.sent[0]?.value)),
      );
      const ids = new Map([
        ['ut_pex', 1],
        ['xx_ours', 2],
      ]);
      stage.gives(said$).toBe('x', {
        x: {
          ids,
          version: 'us 1',
          port: 6881,
          reqq: 250,
          yourIp: '10.0.0.1',
          metadataSize: 31_235,
          uploadOnly: true,
        },
      });
    }),
  );

  it(
    'says no more than it knows',
    drawn((stage) => {
      const they = stage.peer(
        '-',
        {},
        { extended: true, address: { host: 'seed.example', port: 1, source: 'manual' } },
      );
      const said$ = open(they).pipe(
        extensionHandshake({ names: [] }),
        map(() => told(they.sent[0]?.value)),
      );
      stage.gives(said$).toBe('x', { x: { ids: new Map(), version: 'rxtorrent 0.1.0', reqq: 500 } });
    }),
  );

  it(
    'says nothing to those who would not understand',
    drawn(({ peer, gives, sends }) => {
      const they = peer(' --U----', {}, { extended: false });
      gives(open(they).pipe(extensionHandshake({ names })), '^------!').toBe('p');
      sends(they).toBe('-');
    }),
  );

  it(
    'waits for a peer that never comes, ends without one, and passes errors on',
    drawn(({ cold, gives }) => {
      gives(cold<Peer>('-').pipe(extensionHandshake({ names })), '^---!').toBe('-');
      gives(cold<Peer>('--|').pipe(extensionHandshake({ names }))).toBe('--|');
      gives(cold<Peer>('--#').pipe(extensionHandshake({ names }))).toBe('--#');
    }),
  );

  it(
    'greets each of many, and leaves the source with the last listener',
    drawn(({ peer, cold, gives, sends, expectSubscriptions }) => {
      const [one, other] = [peer('-', {}, { extended: true }), peer('-', {}, { extended: true })];
      const peers = cold('-a--b--', { a: one, b: other });
      gives(peers.pipe(extensionHandshake({ names })), '^----!').toBe('-p--p');
      sends(one).toBe('   -E');
      sends(other).toBe(' ----E');
      expectSubscriptions(peers.subscriptions).toBe('^----!');
    }),
  );
});

describe('the extension handshake of a peer', () => {
  const ids = (peer: Peer) => [peer.state.idOf('ut_pex'), peer.state.idOf('xx_ours'), peer.state.idOf('xx_theirs')];

  it(
    'is in the state of the peer before `messages$` emits it, and an extension of both sides has an id',
    drawn((stage) => {
      const they = stage.peer('--E----', { E: speaking(['xx_ours', 7], ['xx_theirs', 9]) });
      const known$ = open(they).pipe(
        extensionHandshake({ names }),
        mergeMap((peer) => concat(of(ids(peer)), peer.messages$.pipe(map(() => ids(peer))))),
      );
      stage
        .gives(known$, '^------!')
        .toBe('a-b', { a: [undefined, undefined, undefined], b: [undefined, 7, undefined] });
    }),
  );

  it(
    'may change: 0 takes an extension back, what is not named stays',
    drawn((stage) => {
      const says = {
        a: speaking(['ut_pex', 1], ['xx_ours', 2]),
        b: speaking(['ut_pex', 0]),
        c: saying({ reqq: 100, ids: new Map([['ut_pex', 5]]) }),
        d: saying({ version: 'them' }),
      };
      const they = stage.peer('-a-b-c-d', says, { extended: true });
      const known$ = open(they).pipe(
        extensionHandshake({ names }),
        mergeMap((peer) =>
          peer.messages$.pipe(map(() => [...ids(peer), peer.state.reqq, peer.state.extensions?.version])),
        ),
      );
      const none = undefined;
      stage.gives(known$, '^-------!').toBe('-a-b-c-d', {
        a: [1, 2, none, none, none],
        b: [none, 2, none, none, none],
        c: [5, 2, none, 100, none],
        d: [5, 2, none, 100, 'them'],
      });
    }),
  );

  it(
    'is ignored unless the first handshakes of both sides support the extension protocol',
    drawn((stage) => {
      const they = stage.peer('-E', { E: speaking(['ut_pex', 1]) }, { extended: false });
      const known$ = open(they).pipe(
        extensionHandshake({ names }),
        mergeMap((peer) => peer.messages$.pipe(map(() => peer.state.extensions === undefined))),
      );
      stage.gives(known$, '^---!').toBe('-t');
    }),
  );

  it(
    'ends it when it means nothing',
    drawn((stage) => {
      const payload = new TextEncoder().encode('d1:md6:ut_pexi1e');
      const they = stage.peer('--E', { E: { type: 'extended', id: 0, payload } });
      const heard$ = of(they).pipe(
        extensionHandshake({ names }),
        mergeMap(({ messages$ }) => messages$),
      );
      stage.gives(heard$).toBe('--#', undefined, failed('malformed'));
    }),
  );
});

describe('extensionHandshake after handshake', () => {
  const bytes = (stage: Stage, ...messages: readonly Message[]): Uint8Array =>
    new Uint8Array(
      Buffer.concat([
        encodeHandshake({ infoHash: stage.torrent.infoHash, peerId: us(stage).infoHash, extended: true }),
        encodeMessages(messages),
      ]),
    );

  it(
    'loses nothing of what they say in the same chunk as their greeting',
    drawn((stage) => {
      const { words } = stage;
      const wire = stage.wire('-g----E', {
        g: bytes(stage, words.bitfield(0, 1), { type: 'unchoke' }),
        E: speaking(['ut_pex', 3]),
      });
      const heard$ = open<Wire>(wire).pipe(
        handshake(us(stage)),
        extensionHandshake({ names }),
        mergeMap(({ messages$ }) => messages$),
      );
      stage.gives(heard$, '^-------!').toBe('-(BU)-E');
      stage.sends(wire).toBe('hE');
    }),
  );

  it(
    'may be left from inside, in the middle of the chunk',
    drawn((stage) => {
      const wire = stage.wire('-g--', { g: bytes(stage, speaking(['ut_pex', 3]), { type: 'unchoke' }) });
      const seen$ = open<Wire>(wire).pipe(
        handshake(us(stage)),
        extensionHandshake({ names }),
        mergeMap((peer) =>
          peer.messages$.pipe(
            tap(() => peer.send({ type: 'interested' })),
            map(() => peer.state.idOf('ut_pex')),
          ),
        ),
        take(1),
      );
      stage.gives(seen$).toBe('-(3|)');
      stage.sends(wire).toBe('h(EI)');
      stage.expectSubscriptions(wire.subscriptions).toBe('^!');
    }),
  );
});
