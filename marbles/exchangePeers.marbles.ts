import { concat, count, ignoreElements, map, merge, NEVER, of, Subject, takeUntil, tap, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { exchangePeers } from '../operators/exchangePeers.ts';
import { extensionHandshake } from '../operators/extensionHandshake.ts';
import type { PeerAddress } from '../src/contracts/network.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { encodeExtensionHandshake } from '../src/protocol/peer/extensions.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import { encodePex, PEX_FLAGS, type PexMessage, type PexPeer } from '../src/protocol/peer/utPex.ts';
import { PeerState } from '../src/torrent/peers/peerState.ts';
import { drawn } from './index.ts';

const { reachable, seed } = PEX_FLAGS;
const at = (host: string, flags: number = reachable, port = 7000): PexPeer => ({ host, port, flags });
const [one, two, six] = [at('10.1.0.1'), at('10.1.0.2'), at('2001:db8::6')];
const from = ({ host, port }: PexPeer): PeerAddress => ({ host, port, source: 'pex' });
/** Theirs has the id 7, ours 1. */
const speaks: Message = {
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({ ids: new Map([['ut_pex', 7]]), yourIp: '10.9.9.9' }),
};
const pex = ({ added = [], dropped = [] }: Partial<PexMessage>, id = 1): Message => ({
  type: 'extended',
  id,
  payload: encodePex({ added, dropped }),
});
const tells = (...added: readonly PexPeer[]): Message => pex({ added });
const many = (count: number, net: number): PexPeer[] =>
  Array.from({ length: count }, (_, n) => at(`10.2.${net}.${n + 1}`));

/** Somebody who is connected with us, too. */
const member = (
  { host, port }: PexPeer,
  { called = false, listens, full = false }: { called?: boolean; listens?: number; full?: boolean } = {},
) => {
  const state = new PeerState(2, { extended: true });
  if (full) state.have.setAll();
  if (listens !== undefined)
    state.received({ type: 'extended', id: 0, payload: encodeExtensionHandshake({ ids: new Map(), port: listens }) });
  return { address: { host, port, source: called ? ('incoming' as const) : ('tracker' as const) }, state };
};

/** What is found, with the conversation that finds it. */
const talk = (
  peer: Peer,
  connected: () => Iterable<Pick<Peer, 'address' | 'state'>> = () => [],
  peer$ = concat(of(peer), NEVER),
) => {
  const found$ = new Subject<PeerAddress>();
  const talking$ = peer$.pipe(
    extensionHandshake({ names: ['ut_pex'], port: 6881 }),
    exchangePeers(found$, { connected }),
  );
  return merge(found$, talking$);
};
const hello = (host = '10.0.0.1'): Message => ({
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({
    ids: new Map([['ut_pex', 1]]),
    version: 'rxtorrent 0.1.0',
    reqq: 500,
    yourIp: host,
    port: 6881,
  }),
});
const failed = (code: string): unknown => ({ name: 'PeerError', code });

describe('what they tell', () => {
  it(
    'is found, in their order, with its source',
    drawn(({ peer, gives }) => {
      const they = peer(' -E--t-----', { E: speaks, t: tells(one, two, six) });
      const found = '     ----(abc)-';
      gives(talk(they), '^---------!').toBe(found, { a: from(one), b: from(two), c: from(six) });
    }),
  );

  it(
    'is nothing without an extension in common, or in another one',
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
    'is left out where it is a lie: no port, no peer, ourselves, or nearer than they are',
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
    'may make us leave before all of it is heard',
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

describe('what we tell', () => {
  it(
    'is whom we are connected with, within 5 s, and then what has changed, no sooner than after 65 s',
    drawn((stage) => {
      const members = new Set([member(one), member(six, { full: true })]);
      const they = stage.peer('E', { E: speaks });
      const changes$ = stage.hot('30s a 10s b', { a: member(two), b: [...members][0] });
      const life$ = changes$.pipe(
        tap((who) =>
          who !== undefined && members.has(who) ? members.delete(who) : members.add(who as ReturnType<typeof member>),
        ),
        ignoreElements(),
      );
      stage
        .gives(
          merge(
            talk(they, () => members),
            life$,
          ),
          '^ 200s !',
        )
        .toBe('-');
      stage.sends(they).toBe('h 4999ms a 64999ms b', {
        h: hello(),
        a: pex({ added: [one, { ...six, flags: seed | reachable }] }, 7),
        b: pex({ added: [two], dropped: [one] }, 7),
      });
    }),
  );

  it(
    'waits for somebody whom they can be told of',
    drawn((stage) => {
      const members: ReturnType<typeof member>[] = [];
      const they = stage.peer('E', { E: speaks });
      const life$ = stage.hot('12s a').pipe(
        tap(() => members.push(member(one))),
        ignoreElements(),
      );
      stage
        .gives(
          merge(
            talk(they, () => members),
            life$,
          ),
          '^ 100s !',
        )
        .toBe('-');
      stage.sends(they).toBe('h 14999ms a', { h: hello(), a: pex({ added: [one] }, 7) });
    }),
  );

  it(
    'is fifty at a time',
    drawn((stage) => {
      const members = many(70, 1).map((peer) => member(peer));
      const they = stage.peer('E', { E: speaks });
      const life$ = stage.hot('100s a').pipe(
        tap(() => members.splice(0)),
        ignoreElements(),
      );
      stage
        .gives(
          merge(
            talk(they, () => members),
            life$,
          ),
          '^ 280s !',
        )
        .toBe('-');
      stage.sends(they).toBe('h 4999ms a 64999ms b 64999ms c 64999ms d', {
        h: hello(),
        a: pex({ added: many(70, 1).slice(0, 50) }, 7),
        b: pex({ added: many(70, 1).slice(50) }, 7),
        c: pex({ dropped: many(70, 1).slice(0, 50) }, 7),
        d: pex({ dropped: many(70, 1).slice(50) }, 7),
      });
    }),
  );

  it(
    'is where others can dial them: not themselves, no names, and of who called us the port they listen at',
    drawn((stage) => {
      const they = stage.peer('E', { E: speaks });
      const self = { address: they.address, state: they.state };
      const called = [
        member(at('10.1.0.8', 0, 40_000), { called: true }),
        member(at('10.1.0.9', 0, 40_000), { called: true, listens: 6999 }),
      ];
      const members = [
        self,
        member(at('seed.example')),
        ...called,
        member(at('127.0.0.1')),
        member(at('::ffff:10.1.0.1')),
        member(at('198.51.100.1')),
      ];
      stage
        .gives(
          talk(they, () => members),
          '^ 10s !',
        )
        .toBe('-');
      const added = [at('10.1.0.9', 0, 6999), one, at('198.51.100.1')];
      stage.sends(they).toBe('h 4999ms a', { h: hello(), a: pex({ added }, 7) });
    }),
  );

  it(
    'is nothing of our own network to those who are far away',
    drawn((stage) => {
      const they = stage.peer('E', { E: speaks }, { address: { host: '198.51.100.1', port: 1, source: 'tracker' } });
      stage
        .gives(
          talk(they, () => [member(one), member(at('192.0.2.1'))]),
          '^ 10s !',
        )
        .toBe('-');
      stage.sends(they).toBe('h 4999ms a', { h: hello('198.51.100.1'), a: pex({ added: [at('192.0.2.1')] }, 7) });
    }),
  );

  it(
    'ends when they take the extension back',
    drawn((stage) => {
      const back: Message = {
        type: 'extended',
        id: 0,
        payload: encodeExtensionHandshake({ ids: new Map([['ut_pex', 0]]) }),
      };
      const they = stage.peer('E-b', { E: speaks, b: back });
      stage
        .gives(
          talk(they, () => [member(one)]),
          '^ 10s !',
        )
        .toBe('-');
      stage.sends(they).toBe('h', { h: hello() });
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
});
