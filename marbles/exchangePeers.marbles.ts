import { concatWith, count, map, merge, NEVER, of, Subject, takeUntil, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { exchangePeers } from '../operators/exchangePeers.ts';
import { extensionHandshake } from '../operators/extensionHandshake.ts';
import type { PeerAddress } from '../src/contracts/network.ts';
import type { Peer } from '../src/contracts/peer.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import type { PexPeer } from '../src/protocol/peer/utPex.ts';
import { drawn } from './index.ts';
import { at, one, two, six, speaks, pex, reachable, talk, utp } from './stories/pexScene.ts';

const from = ({ host, port }: PexPeer): PeerAddress => ({ host, port, source: 'pex' });

const tells = (...added: readonly PexPeer[]): Message => pex({ added });

const failed = (code: string): unknown => ({ name: 'PeerError', code });

describe('the message of a peer', () => {
  it(
    'has its addresses emitted in their order, with their source',
    drawn(({ peer, gives }) => {
      const they = peer(' -E--t-----', { E: speaks, t: tells(one, two, six) });
      const found = '     ----(abc)-';
      gives(talk(they), '^---------!').toBe(found, { a: from(one), b: from(two), c: from(six) });
    }),
  );

  it(
    'goes along with what is said of their speaking uTP',
    drawn(({ peer, gives }) => {
      const they = peer(' -E--t-----', { E: speaks, t: tells(at('10.1.0.1', utp | reachable), two) });
      const found = '     ----(ab)--';
      gives(talk(they), '^---------!').toBe(found, { a: { ...from(one), utp: true }, b: from(two) });
    }),
  );

  it(
    'is ignored without an extension in common, or in another one',
    drawn(({ peer, gives }) => {
      gives(talk(peer('--t', { t: tells(one) }, { extended: false })), '^---!').toBe('-');
      gives(talk(peer('E-t', { E: speaks, t: pex({ added: [one] }, 2) })), '^---!').toBe('-');
    }),
  );

  it(
    'is believed once in 30 s',
    drawn(({ peer, gives }) => {
      const they = peer(' E-a 29998ms ba', { E: speaks, a: tells(one), b: tells(two) });
      const found = '     --a 29998ms -a';
      gives(talk(they), '  ^ 31s !').toBe(found, { a: from(one) });
    }),
  );

  it(
    'ends it when it comes in floods',
    drawn(({ peer, gives }) => {
      const they = peer('E-abbbbbbbb', { E: speaks, a: tells(one), b: tells(two) });
      gives(talk(they)).toBe('--a------#', { a: from(one) }, failed('unexpected'));
    }),
  );

  it(
    'ends it when it can not be read',
    drawn(({ peer, gives }) => {
      const they = peer('E-g', {
        E: speaks,
        g: { type: 'extended', id: 1, payload: new TextEncoder().encode('d5:added6:') },
      });
      gives(talk(they)).toBe('--#', undefined, failed('malformed'));
    }),
  );

  it(
    'loses its lies: no port, no peer, ourselves, or an address nearer than the peer itself',
    drawn(({ peer, gives }) => {
      const lies = [
        at('10.1.0.3', 0, 0),
        at('224.0.0.1'),
        at('0.0.0.0'),
        at('255.255.255.255'),
        at('ff02::1'),
        at('10.9.9.9', 0, 6881),
      ];
      const near = [at('127.0.0.1'), at('::1'), at('192.168.1.1'), at('fd00::1'), at('fe80::1'), at('100.64.0.1')];
      const local = peer('E-t', { E: speaks, t: tells(...lies, ...near.slice(0, 2), one) });
      const far = peer(
        '  E-t',
        { E: speaks, t: tells(...near, one, at('192.0.2.1')) },
        { address: { host: '198.51.100.1', port: 1, source: 'tracker' } },
      );
      gives(talk(local), '^---!').toBe('--a', { a: from(one) });
      gives(talk(far), '  ^---!').toBe('--a', { a: from(at('192.0.2.1')) });
    }),
  );

  it(
    'is cut off after fifty',
    drawn(({ peer, gives }) => {
      const long = new Uint8Array(
        Buffer.concat([
          Buffer.from('d5:added720:'),
          Buffer.concat(Array.from({ length: 120 }, (_, n) => Buffer.of(10, 3, 0, n + 1, 1, 1))),
          Buffer.from('e'),
        ]),
      );
      const they = peer('E-t', { E: speaks, t: { type: 'extended', id: 1, payload: long } });
      gives(talk(they).pipe(takeUntil(timer(4)), count())).toBe('----(n|)', { n: 50 });
    }),
  );

  it(
    'may make us hang up before all of it is read',
    drawn(({ peer, gives, cold }) => {
      const they = peer('E-t', { E: speaks, t: tells(one, two) });
      const heard: string[] = [];
      const enough$ = new Subject<void>();
      const found = {
        next: ({ host }: PeerAddress): void => {
          heard.push(host);
          enough$.next();
        },
      };
      const talking$ = of(they).pipe(
        extensionHandshake({ names: ['ut_pex'] }),
        exchangePeers(found, { connected: () => [] }),
      );
      gives(talking$.pipe(takeUntil(enough$))).toBe('--|');
      gives(cold('---a').pipe(map(() => [...heard]))).toBe('---a', { a: [one.host] });
    }),
  );
});

describe('exchangePeers', () => {
  it(
    'waits for a peer that never comes, ends without one, and passes errors on',
    drawn(({ cold, gives }) => {
      const exchange = exchangePeers({ next: () => {} }, { connected: () => [] });
      gives(cold<Peer>('-').pipe(exchange), '^---!').toBe('-');
      gives(cold<Peer>('-|').pipe(exchange)).toBe('-|');
      gives(cold<Peer>('-#').pipe(exchange)).toBe('-#');
    }),
  );

  it(
    'ends with the peer, with its listener, and with an error of the peer',
    drawn(({ peer, gives, expectSubscriptions }) => {
      const exchange = exchangePeers({ next: () => {} }, { connected: () => [] });
      const stays = peer('E--', { E: speaks });
      gives(of(peer('E--|', { E: speaks })).pipe(exchange)).toBe('---|');
      gives(of(peer('E--#', { E: speaks })).pipe(exchange)).toBe('---#', undefined, failed('reset'));
      gives(of(stays).pipe(exchange), '^-!').toBe('-');
      expectSubscriptions(stays.subscriptions).toBe('^-!');
    }),
  );

  it(
    'goes over to the next peer',
    drawn(({ peer, cold, gives }) => {
      const first = peer(' E-a-a---', { E: speaks, a: tells(one) });
      const second = peer('-------E-b', { E: speaks, b: tells(two) });
      const peers = cold(' p----q---', { p: first, q: second });
      gives(talk(first, undefined, peers), '^----------!').toBe('--a------b', { a: from(one), b: from(two) });
    }),
  );

  it(
    'looks at who is connected once for all peers that it tells of them',
    drawn(({ peer, gives, now }) => {
      const looks: number[] = [];
      const connected = (): never[] => (looks.push(now()), []);
      const found = { next: () => {} };
      const exchange = exchangePeers(found, { connected });
      const talks = [1, 2, 3].map(() =>
        of(peer('E', { E: speaks })).pipe(concatWith(NEVER), extensionHandshake({ names: ['ut_pex'] }), exchange),
      );
      gives(merge(...talks), '^ 11s !').toBe('-');
      gives(timer(11_000).pipe(map(() => looks.length))).toBe('11s (n|)', { n: 2 });
    }),
  );
});
