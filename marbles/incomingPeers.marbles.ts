import {
  concat,
  defer,
  endWith,
  filter,
  finalize,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type MonoTypeOperatorFunction,
  NEVER,
  type Observable,
  of,
  ReplaySubject,
  share,
  switchMap,
  take,
  takeUntil,
  throwError,
  timer,
} from 'rxjs';
import { describe, it } from 'vitest';
import { CALLER_WITHIN } from '../src/discovery/inbound/inboundHandshake.ts';
import { CALL_BURST_PER_HOST, CALL_RATE_PER_HOST } from '../src/discovery/inbound/acceptLimiter.ts';
import { incomingPeers } from '../src/discovery/inbound/incomingPeers.ts';
import { MAX_UNDECIDED, type InboundPort, inboundPort } from '../src/discovery/inbound/inboundPort.ts';
import type { Listening, ListenOptions, PeerAddress, Wire } from '../src/contracts/network.ts';
import { NetworkError } from '../src/contracts/errors.ts';
import { encodeHandshake } from '../src/protocol/peer/handshake.ts';
import { drawn, type DrawnWire, type Stage } from './index.ts';

const infoHash = new Uint8Array(20).fill(7);
const other = new Uint8Array(20).fill(8);
const peerId = new TextEncoder().encode('-XX0001-somebody----');
const greeting = encodeHandshake({ infoHash, peerId });
const bytesOf = {
  /** All of it, or part by part: 30 bytes, 2, up to 48, all but these 30, the rest. */
  g: greeting,
  d: greeting.subarray(0, 30),
  p: greeting.subarray(30, 32),
  m: greeting.subarray(30, 48),
  f: greeting.subarray(30),
  r: greeting.subarray(48),
  /** For another torrent; in another protocol. */
  x: encodeHandshake({ infoHash: other, peerId }),
  w: new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'),
};

interface Scene {
  /** When each peer calls; what it sends is drawn in the lane of its letter. */
  readonly calls: string;
  readonly says: Readonly<Record<string, string>>;
  readonly host?: (letter: string) => string;
}

/** A port, and the peers that call it: a wire each, open from the call until either side hangs up. */
const door = (stage: Stage, { calls, says, host = () => '10.0.0.1' }: Scene) => {
  const wires: Record<string, DrawnWire> = {};
  const addresses: Record<string, PeerAddress> = {};
  for (const [letter, lane] of Object.entries(says)) {
    const wire = stage.wire(lane, bytesOf);
    wires[letter] = wire;
    addresses[letter] = {
      host: host(letter),
      port: portOf(letter),
      source: 'incoming',
      wire$: concat(of<Wire>(wire), NEVER),
    };
  }
  const calls$ = stage.hot(calls, addresses);
  const listen = ({ ports: [port = 0] }: ListenOptions): Observable<Listening> =>
    concat(of({ port, calls$ }), NEVER).pipe(finalize(stage.ledger.open(`port ${port}`)));
  return { reception$: defer(() => inboundPort({ listen }, { ports: [6881] })), wires };
};

const portOf = (letter: string): number => letter.charCodeAt(0);
const letterOf = ({ port }: PeerAddress): string => String.fromCharCode(port);

/** Takes the wires of all peers, and emits their letters. */
const answered = (peers$: Observable<PeerAddress>): Observable<string> =>
  peers$.pipe(mergeMap((address) => (address.wire$ ?? NEVER).pipe(map(() => letterOf(address)))));

/** The same, and all that they say. */
const heard = (peers$: Observable<PeerAddress>): Observable<string> =>
  peers$.pipe(
    mergeMap(({ wire$ = NEVER }) => wire$),
    mergeMap(({ bytes$ }) => bytes$),
    map((bytes) => Buffer.from(bytes).toString('latin1')),
  );

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const many = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => String.fromCharCode(0x4e00 + index));

describe('incomingPeers', () => {
  it(
    'emits a peer that calls for the torrent, once its handshake says so',
    drawn((stage) => {
      const calls = '-a-b-----';
      const says = { a: '--g------', b: '----d--f-' };
      const gives = '--a----b-';
      const { reception$ } = door(stage, { calls, says });
      stage.gives(answered(incomingPeers(reception$, infoHash)), '^--------!').toBe(gives);
    }),
  );

  it(
    'lets whoever takes the wire hear all from the beginning',
    drawn((stage) => {
      const { reception$ } = door(stage, { calls: 'a', says: { a: '-d-m-r-g' } });
      const [m, r, g] = [greeting.subarray(0, 48), greeting.subarray(48), greeting].map(text);
      stage.gives(heard(incomingPeers(reception$, infoHash)), '^-------!').toBe('---m-r-g', { m, r, g });
    }),
  );

  it(
    'hangs up on peers that want another torrent, speak another protocol, or hang up themselves',
    drawn((stage) => {
      const says = { a: '--x----', b: '--w----', c: '--dw---', e: '--d-|--' };
      const { reception$, wires } = door(stage, { calls: '-(abce)', says });
      stage.gives(answered(incomingPeers(reception$, infoHash)), '^------!').toBe('-------');
      const left: Record<string, string> = { a: '-^!', b: '-^!', c: '-^-!', e: '-^--!' };
      for (const [letter, lane] of Object.entries(left))
        stage.expectSubscriptions(wires[letter]?.subscriptions ?? []).toBe(lane);
    }),
  );

  it(
    'hangs up on peers that send too little, however slowly',
    drawn((stage) => {
      const { reception$, wires } = door(stage, { calls: '-(ab)', says: { a: '-', b: '2s d 2s p 2s p' } });
      stage.gives(answered(incomingPeers(reception$, infoHash)), '^ 10s !').toBe('-');
      for (const wire of Object.values(wires))
        stage.expectSubscriptions(wire.subscriptions).toBe(`-^ ${CALLER_WITHIN - 1}ms !`);
    }),
  );

  it(
    'hangs up on peers that no subscriber takes',
    drawn((stage) => {
      const { reception$, wires } = door(stage, { calls: '-a-', says: { a: '--g-' } });
      stage.gives(incomingPeers(reception$, infoHash).pipe(map(letterOf)), '^---!').toBe('--a-');
      stage.expectSubscriptions(wires['a']?.subscriptions ?? []).toBe('-^!');
    }),
  );

  it(
    'gives no wire twice, and none that is gone',
    drawn((stage) => {
      const { reception$ } = door(stage, { calls: 'ab', says: { a: '-g------', b: '-g-|' } });
      const gone = { name: 'NetworkError', code: 'reset' };
      const twice$ = incomingPeers(reception$, infoHash).pipe(
        take(1),
        mergeMap(({ wire$ = NEVER }) => merge(wire$.pipe(ignoreElements()), wire$)),
      );
      stage.gives(twice$).toBe('-#', undefined, gone);
      const late$ = incomingPeers(reception$, infoHash).pipe(
        mergeMap(({ wire$ = NEVER }) => wire$.pipe(delaySubscription(2))),
      );
      stage.gives(late$).toBe('---#', undefined, gone);
    }),
  );

  it(
    'ends the wire when the peer hangs up, and hangs up when the wire is unsubscribed',
    drawn((stage) => {
      const { reception$, wires } = door(stage, { calls: '(ab)', says: { a: '-g--|', b: '-g-----' } });
      const ends$ = incomingPeers(reception$, infoHash).pipe(
        mergeMap((address) =>
          (address.wire$ ?? NEVER).pipe(ignoreElements(), endWith(letterOf(address)), takeUntil(timer(5))),
        ),
      );
      stage.gives(ends$, '^-------!').toBe('----a---');
      stage.expectSubscriptions(wires['b']?.subscriptions ?? []).toBe('^-----!');
    }),
  );

  it(
    'is one port for several torrents',
    drawn((stage) => {
      const { reception$ } = door(stage, { calls: '(ab)', says: { a: '--g--', b: '---x-' } });
      const shared$ = reception$.pipe(share({ connector: () => new ReplaySubject(1) }));
      const peers$ = merge(
        answered(incomingPeers(shared$, infoHash)).pipe(map((letter) => letter.toUpperCase())),
        answered(incomingPeers(shared$, other)),
      );
      stage.gives(peers$, '^----!').toBe('--Ab-');
    }),
  );

  it(
    'knows a torrent no longer than it is wanted',
    drawn((stage) => {
      const { reception$, wires } = door(stage, { calls: '(ab)', says: { a: '--g--', b: '----g-' } });
      const shared$ = reception$.pipe(share({ connector: () => new ReplaySubject(1) }));
      stage.gives(answered(incomingPeers(shared$, other)), '^-----!').toBe('-----');
      stage.gives(answered(incomingPeers(shared$, infoHash)), '^--!').toBe('--a');
      stage.expectSubscriptions(wires['b']?.subscriptions ?? []).toBe('^---!');
    }),
  );

  it(
    'closes the port and hangs up on undecided peers when unsubscribed; the others stay',
    drawn((stage) => {
      const { reception$, wires } = door(stage, { calls: '(ab)', says: { a: '-g---', b: '-----g' } });
      const taken$ = incomingPeers(reception$, infoHash).pipe(
        take(1),
        mergeMap((address) => answered(of(address))),
      );
      stage.gives(taken$, '^----!').toBe('-a---');
      stage.expectSubscriptions(wires['a']?.subscriptions ?? []).toBe('^----!');
      stage.expectSubscriptions(wires['b']?.subscriptions ?? []).toBe('^!');
    }),
  );

  it(
    'says why there is no port',
    drawn((stage) => {
      const none = new NetworkError('port-taken', 'TCP port 6881', 'none is free');
      const reception$: Observable<InboundPort> = inboundPort(
        { listen: () => throwError(() => none) },
        { ports: [6881] },
      );
      stage.gives(incomingPeers(reception$, infoHash)).toBe('#', undefined, none);
    }),
  );
});

describe('incomingPeers with too many peers at the door', () => {
  it(
    'makes room for new peers by hanging up on the one that was silent for longest',
    drawn((stage) => {
      const idle = many(MAX_UNDECIDED + 2);
      const says = { ...Object.fromEntries(idle.map((letter) => [letter, '-'])), z: '---g' };
      const host = (letter: string): string => `198.51.100.${portOf(letter) % 256}`;
      const { reception$, wires } = door(stage, { calls: `(${idle.join('')}z)`, says, host });
      stage.gives(answered(incomingPeers(reception$, infoHash)), '^----!').toBe('---z');
      idle.forEach((letter, index) =>
        stage.expectSubscriptions(wires[letter]?.subscriptions ?? []).toBe(index < 3 ? '(^!)' : '^----!'),
      );
    }),
  );

  it(
    'refuses a host that calls too often, and answers all others',
    drawn((stage) => {
      const calls = many(CALL_BURST_PER_HOST + 1);
      const says = Object.fromEntries([...calls, 'y', 'z'].map((letter) => [letter, `${1100}ms g`]));
      const host = (letter: string): string => (letter === 'z' ? '198.51.100.2' : '198.51.100.1');
      const { reception$, wires } = door(stage, {
        calls: `(${calls.join('')}z) ${1000 / CALL_RATE_PER_HOST}ms y`,
        says,
        host,
      });
      stage
        .gives(answered(incomingPeers(reception$, infoHash)).pipe(filter((letter) => letter < '~')), '^ 1200ms !')
        .toBe('1100ms (yz)');
      stage.expectSubscriptions(wires[calls.at(-1) ?? '']?.subscriptions ?? []).toBe([]);
    }),
  );
});

const delaySubscription =
  <T>(ms: number): MonoTypeOperatorFunction<T> =>
  (source) =>
    timer(ms).pipe(switchMap(() => source));
