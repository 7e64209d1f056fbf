import { ignoreElements, merge, tap } from 'rxjs';
import { describe, it } from 'vitest';
import { encodeExtensionHandshake } from '../../src/protocol/peer/extensions.ts';
import type { Message } from '../../src/protocol/peer/messages.ts';
import type { PexPeer } from '../../src/protocol/peer/utPex.ts';
import { PeerState } from '../../src/torrent/peers/peerState.ts';
import { drawn } from '../index.ts';
import { reachable, seed, utp, at, one, two, six, speaks, pex, talk } from './pexScene.ts';

const many = (count: number, net: number): PexPeer[] =>
  Array.from({ length: count }, (_, n) => at(`10.2.${net}.${n + 1}`));

/** Another peer that is connected to us. */
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

describe('the addresses that we send', () => {
  it(
    'are the peers that we are connected to, within 5 s, and then the changes, no sooner than after 65 s',
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
    'are said to speak uTP if they are connected by it, encrypted or not',
    drawn((stage) => {
      const members = [
        { ...member(one), road: 'utp' as const },
        { ...member(two), road: 'utp+rc4' as const },
        { ...member(six), road: 'tcp+rc4' as const },
      ];
      const they = stage.peer('E', { E: speaks });
      const talking$ = talk(they, () => members);
      stage.gives(talking$, '^ 10s !').toBe('-');
      const speakers = [one, two].map((peer) => ({ ...peer, flags: utp | reachable }));
      stage.sends(they).toBe('h 4999ms a', { h: hello(), a: pex({ added: [...speakers, six] }, 7) });
    }),
  );

  it(
    'wait for a peer that this one may be told of',
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
    'are fifty in a message',
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
    'are where others can dial them: not the peer itself, no names, and of a caller the port it listens at',
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
    'are none of our own network to a peer that is far away',
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
    'end when the peer takes the extension back',
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
