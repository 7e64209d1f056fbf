import { map, of, tap, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { askToBeIntroduced, holepunch, introductions } from '../operators/holepunch.ts';
import type { PeerAddress, Road } from '../src/contracts/network.ts';
import type { Peer } from '../src/contracts/peer.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import { drawn, type DrawnPeer, type Stage } from './index.ts';
import { amid, hello, punching, refusing, understands, understandsNothing } from './stories/holepunchScene.ts';

const [ONE, TWO, THREE] = ['10.1.0.1', '10.1.0.2', '10.1.0.3'] as const;
const at = (host: string, port = 7000, source: PeerAddress['source'] = 'tracker'): PeerAddress => ({
  host,
  port,
  source,
});

/** A peer that supports hole punching, unless `E` is something else, with its address and how it is connected. */
const peerAt = (
  stage: Stage,
  lane: string,
  values: Readonly<Record<string, Message>>,
  address = at(ONE),
  road?: Road,
): DrawnPeer => Object.assign(stage.peer(lane, { E: understands(), ...values }, { address }), { road });

/** What a peer was sent: `E` is our extension handshake. */
const sent = (stage: Stage, peer: DrawnPeer, lane: string, values: Readonly<Record<string, Message>> = {}): void =>
  stage.sends(peer).toBe(lane, { E: hello(peer.address.host), ...values });

const calls = (host: string, port = 7000): PeerAddress => ({ host, port, source: 'pex', punch: true });
const failed = (code: string): unknown => ({ name: 'PeerError', code });

describe('a peer that asks to be introduced', () => {
  it(
    'is told to call the other one, and that one is told to call it',
    drawn((stage) => {
      const asks = peerAt(stage, '  E-r', { r: punching('rendezvous', TWO, 7000) });
      const target = peerAt(stage, 'E', {}, at(TWO));
      stage.gives(amid([asks, target]), '^----!').toBe('');
      sent(stage, asks, '  E-c', { c: punching('connect', TWO, 7000, 7) });
      sent(stage, target, 'E-c', { c: punching('connect', ONE, 7000, 7) });
    }),
  );

  it(
    'is told where the router of the other one shows it by uTP, and else where it says that it listens',
    drawn((stage) => {
      const asks = peerAt(stage, '  E-r-s', {
        r: punching('rendezvous', TWO, 6881),
        s: punching('rendezvous', THREE, 6881),
      });
      const byUtp = peerAt(stage, ' E', { E: understands(6881) }, at(TWO, 40_000, 'incoming'), 'utp+rc4');
      const byTcp = peerAt(stage, ' E', { E: understands(6881) }, at(THREE, 50_000, 'incoming'), 'tcp');
      stage.gives(amid([asks, byUtp, byTcp]), '^------!').toBe('');
      sent(stage, asks, 'E-c-d', {
        c: punching('connect', TWO, 40_000, 7),
        d: punching('connect', THREE, 6881, 7),
      });
    }),
  );

  it(
    'is told why nothing comes of it: it is nobody, not here, does not support it, or is us',
    drawn((stage) => {
      const asks = peerAt(stage, 'E-abcdef', {
        a: punching('rendezvous', '224.0.0.1', 7000),
        b: punching('rendezvous', TWO, 0),
        c: punching('rendezvous', THREE, 7000),
        d: punching('rendezvous', TWO, 7000),
        e: punching('rendezvous', '10.9.9.9', 6881),
        f: punching('rendezvous', ONE, 7000),
      });
      const target = peerAt(stage, 'E', { E: understandsNothing }, at(TWO));
      stage.gives(amid([asks, target]), '^---------!').toBe('');
      sent(stage, target, '    E');
      sent(stage, asks, '      E-abcdef', {
        a: refusing('noSuchPeer', '224.0.0.1', 7000),
        b: refusing('noSuchPeer', TWO, 0),
        c: refusing('notConnected', THREE, 7000),
        d: refusing('noSupport', TWO, 7000),
        e: refusing('noSelf', '10.9.9.9', 6881),
        f: refusing('notConnected', ONE, 7000),
      });
    }),
  );

  it(
    'is told of nobody who is nearer to us than itself, nor is it told of to anybody farther away',
    drawn((stage) => {
      const near = peerAt(stage, ' E---s', { s: punching('rendezvous', '198.51.100.1', 7000) });
      const far = peerAt(stage, '  E-r', { r: punching('rendezvous', ONE, 7000) }, at('198.51.100.1'));
      stage.gives(amid([near, far]), '^------!').toBe('');
      sent(stage, far, '  E-n', { n: refusing('notConnected', ONE, 7000) });
      sent(stage, near, ' E---n', { n: refusing('notConnected', '198.51.100.1', 7000) });
    }),
  );

  it(
    'is not heard if it does not support it itself',
    drawn((stage) => {
      const asks = peerAt(stage, '  E-r', { E: understandsNothing, r: punching('rendezvous', TWO, 7000) });
      const target = peerAt(stage, 'E', {}, at(TWO));
      stage.gives(amid([asks, target]), '^----!').toBe('');
      sent(stage, asks, '  E');
      sent(stage, target, 'E');
    }),
  );

  it(
    'is heard ten times at once, and then every two seconds',
    drawn((stage) => {
      const r = punching('rendezvous', TWO, 7000);
      const asks = peerAt(stage, '  E-rrrrrrrrrrrr 2s r', { r });
      const target = peerAt(stage, 'E', {}, at(TWO));
      stage.gives(amid([asks, target]), '^ 3s !').toBe('');
      sent(stage, asks, '  E-cccccccccc-- 2s c', { c: punching('connect', TWO, 7000, 7) });
      sent(stage, target, 'E-cccccccccc-- 2s c', { c: punching('connect', ONE, 7000, 7) });
    }),
  );

  it(
    'gets nobody called more often than that by asking from many hosts',
    drawn((stage) => {
      const r = punching('rendezvous', TWO, 7000);
      const crowd = Array.from({ length: 12 }, (_, n) => peerAt(stage, 'E-r', { r }, at(`10.1.1.${n + 1}`)));
      const target = peerAt(stage, 'E', {}, at(TWO));
      stage.gives(amid([...crowd, target]), '^----!').toBe('');
      const told = Object.fromEntries(
        crowd.map(({ address }, n) => [`${n}`, punching('connect', address.host, 7000, 7)]),
      );
      sent(stage, target, 'E-(0123456789)', told);
    }),
  );
});

describe('a peer that tells us to call another one', () => {
  it(
    'is heard, unless we are connected with that one',
    drawn((stage) => {
      const c = punching('connect', THREE, 7000);
      const tells = peerAt(stage, 'E-c-d', { c, d: punching('connect', TWO, 7000) });
      const other = peerAt(stage, 'E', {}, at(TWO));
      stage.gives(amid([tells, other]), '^------!').toBe('--a', { a: calls(THREE) });
    }),
  );

  it(
    'is not heard of addresses that nobody can have, that are nearer than it is, or ours',
    drawn((stage) => {
      const lies = [
        punching('connect', '0.0.0.0', 7000),
        punching('connect', '224.0.0.1', 7000),
        punching('connect', THREE, 0),
        punching('connect', '127.0.0.1', 7000),
        punching('connect', '192.168.1.1', 80),
        punching('connect', '10.9.9.9', 6881),
      ];
      const values = Object.fromEntries(lies.map((lie, n) => [String(n), lie]));
      const liar = peerAt(stage, 'E-012345', values, at('198.51.100.1'));
      stage.gives(amid([liar]), '^---------!').toBe('');
    }),
  );

  it(
    'is heard ten times at once, and then every two seconds',
    drawn((stage) => {
      const c = punching('connect', THREE, 7000);
      const floods = peerAt(stage, '      E-cccccccccccc 2s c', { c });
      stage.gives(amid([floods]), '^ 3s !').toBe('--cccccccccc-- 2s c', { c: calls(THREE) });
    }),
  );
});

describe('a peer that could not be dialled', () => {
  it(
    'is asked for of a peer that has told of it, and if that can not do it, of another one',
    drawn((stage) => {
      const known = introductions();
      const byUtp = peerAt(stage, 'E----n', { n: refusing('notConnected', THREE, 7000, 1) }, at(ONE), 'utp');
      const byTcp = peerAt(stage, 'E', {}, at(TWO), 'tcp');
      for (const peer of [byTcp, byUtp]) known.told(peer, at(THREE));
      const unreached$ = timer(3).pipe(tap(() => askToBeIntroduced(known, at(THREE))));
      stage.gives(amid([byUtp, byTcp], known), '^------!').toBe('');
      stage.gives(unreached$.pipe(map(() => 'u'))).toBe('---(u|)');
      sent(stage, byUtp, 'E--r', { r: punching('rendezvous', THREE, 7000, 7) });
      sent(stage, byTcp, 'E----r', { r: punching('rendezvous', THREE, 7000, 7) });
    }),
  );

  it(
    'is not asked for of a peer that has left, or does not support it; errors for which nobody has asked are nothing',
    drawn((stage) => {
      const known = introductions();
      const leaves = peerAt(stage, 'E-|', {}, at(ONE));
      const can = peerAt(stage, '   E-n', { E: understandsNothing, n: refusing('noSupport', THREE, 7000, 1) }, at(TWO));
      for (const peer of [leaves, can]) known.told(peer, at(THREE));
      const unreached$ = timer(4).pipe(tap(() => askToBeIntroduced(known, at(THREE))));
      stage.gives(amid([leaves, can], known), '^------!').toBe('');
      stage.gives(unreached$.pipe(map(() => 'u'))).toBe('----(u|)');
      sent(stage, leaves, 'E');
      sent(stage, can, '   E');
    }),
  );
});

describe('holepunch', () => {
  it(
    'passes on what is no message, and ends with what can not be read, with the peer, and with its listener',
    drawn((stage) => {
      const garbage: Message = { type: 'extended', id: 1, payload: Uint8Array.of(0, 0, 1) };
      const unknown: Message = { type: 'extended', id: 1, payload: new Uint8Array(12).fill(9) };
      stage
        .gives(amid([peerAt(stage, 'E-u-g', { u: unknown, g: garbage })]))
        .toBe('----#', undefined, failed('malformed'));
      const talk = holepunch({ next: () => {} }, { connected: () => [], introductions: introductions() });
      stage.gives(of<Peer>(peerAt(stage, 'E--|', {})).pipe(talk)).toBe('---|');
      stage.gives(of<Peer>(peerAt(stage, 'E--#', {})).pipe(talk)).toBe('---#', undefined, failed('reset'));
      const stays = peerAt(stage, 'E--', {});
      stage.gives(of<Peer>(stays).pipe(talk), '^-!').toBe('-');
      stage.expectSubscriptions(stays.subscriptions).toBe('^-!');
      stage.gives(stage.cold<Peer>('-|').pipe(talk)).toBe('-|');
      stage.gives(stage.cold<Peer>('-#').pipe(talk)).toBe('-#');
    }),
  );
});
