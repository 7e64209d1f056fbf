import { concat, finalize, ignoreElements, merge, NEVER, type Observable, of, tap, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { extension, type ExtensionChannel } from '../operators/extension.ts';
import { extensionHandshake } from '../operators/extensionHandshake.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { encodeExtensionHandshake } from '../src/protocol/peer/extensions.ts';
import { Malformed } from '../src/protocol/encoding/malformed.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import { drawn } from './index.ts';

const open = (peer: Peer): Observable<Peer> => concat(of(peer), NEVER);
const speaking = (id: number): Message => ({
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({ ids: new Map([['xx_ours', id]]) }),
});
/** Ours has the id 1, theirs 7, or 8 when they have changed their mind. */
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const said = (words: string, id = 1): Message => ({ type: 'extended', id, payload: text(words) });
/** What `extensionHandshake` says to the first peer of a drawing. */
const greeting: Message = {
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({
    ids: new Map([['xx_ours', 1]]),
    version: 'rxtorrent 0.1.0',
    reqq: 500,
    yourIp: '10.0.0.1',
  }),
};
const lane = { E: speaking(7), F: speaking(8), G: speaking(0), x: said('x'), y: said('y'), z: said('z', 2) };
const hello = { names: ['xx_ours'] };

const echo = ({ payloads$, send }: ExtensionChannel): Observable<unknown> =>
  payloads$.pipe(tap((payload) => send(payload.slice())));
const ours = (talk: (channel: ExtensionChannel) => Observable<unknown>) => (peers: Observable<Peer>) =>
  peers.pipe(extensionHandshake(hello), extension('xx_ours', talk));

describe('extension', () => {
  it(
    'begins when the peer has named it, receives its messages, and yields nothing',
    drawn(({ peer, gives, sends }) => {
      const they = peer(' -x-E-x-z-Uy-', lane);
      const writes = '    E----x----y-';
      gives(open(they).pipe(ours(echo)), '^-----------!').toBe('-');
      sends(they).toBe(writes, { E: greeting, x: said('x', 7), y: said('y', 7) });
    }),
  );

  it(
    'ends when the peer takes it back, begins anew, and uses the id that the peer gives it now',
    drawn(({ peer, gives, sends }) => {
      const begun: string[] = [];
      const talk = (channel: ExtensionChannel) => {
        begun.push('begins');
        return echo(channel).pipe(finalize(() => begun.push('ends')));
      };
      const they = peer(' E-x-F-x-G-x-E-x-', lane);
      const writes = '    E-x---y-------x-';
      gives(
        open(they).pipe(
          ours(talk),
          finalize(() => expect(begun).toEqual(['begins', 'ends', 'begins', 'ends'])),
        ),
        '^---------------!',
      ).toBe('-');
      sends(they).toBe(writes, { E: greeting, x: said('x', 7), y: said('x', 8) });
    }),
  );

  it(
    'sends at once if the peer has named it already, and receives the answer',
    drawn(({ peer, gives, sends }) => {
      const they = peer(' ----x', lane, { extended: true });
      they.state.received(speaking(7));
      const talk = (channel: ExtensionChannel) => merge(echo(channel), of(1).pipe(tap(() => channel.send(text('y')))));
      gives(open(they).pipe(ours(talk)), '^----!').toBe('-');
      sends(they).toBe('(Ey)x', { E: greeting, y: said('y', 7), x: said('x', 7) });
    }),
  );

  it(
    'sends nothing to a peer that does not support it',
    drawn(({ peer, gives, sends }) => {
      const they = peer('--E-x', { ...lane, E: said('de', 0) });
      gives(open(they).pipe(ours(({ send }) => of(send(text('hello'))))), '^-----!').toBe('-');
      sends(they).toBe('E');
    }),
  );

  it(
    'ignores messages after the peer has taken it back',
    drawn(({ peer, gives, sends }) => {
      const channels: ExtensionChannel[] = [];
      const they = peer('E--G--U', lane);
      const late$ = they.messages$.pipe(
        tap(({ type }) => type === 'unchoke' && channels[0]?.send(text('late'))),
        ignoreElements(),
      );
      const talk = (channel: ExtensionChannel) => of(channels.push(channel));
      gives(merge(open(they).pipe(ours(talk)), late$), '^------!').toBe('-');
      sends(they).toBe('E');
    }),
  );

  it(
    'waits for a peer that never comes, ends without one, and passes errors on',
    drawn(({ cold, gives }) => {
      gives(cold<Peer>('-').pipe(extension('xx_ours', echo)), '^---!').toBe('-');
      gives(cold<Peer>('-|').pipe(extension('xx_ours', echo))).toBe('-|');
      gives(cold<Peer>('-#').pipe(extension('xx_ours', echo))).toBe('-#');
    }),
  );

  it(
    'ends with the peer, with its listener, and with an error of the peer',
    drawn(({ peer, gives, expectSubscriptions }) => {
      const leaves = peer('E--|', lane);
      const stays = peer(' E--x', lane);
      gives(of(leaves).pipe(ours(echo))).toBe('---|');
      gives(open(stays).pipe(ours(echo)), '^-!').toBe('-');
      expectSubscriptions(stays.subscriptions).toBe(['^-!', '^-!']);
      gives(of(peer('E-#', lane)).pipe(ours(echo))).toBe('--#', undefined, { name: 'PeerError', code: 'reset' });
    }),
  );

  it(
    'takes what can not be read for their fault, and all else for its own',
    drawn(({ peer, gives }) => {
      const fails = (error: Error) => () => throwError(() => error);
      gives(open(peer('-E', lane)).pipe(ours(fails(new Malformed('xx_ours', 'sense', 'none'))))).toBe('-#', undefined, {
        name: 'PeerError',
        code: 'malformed',
      });
      gives(open(peer('-E', lane)).pipe(ours(fails(new TypeError('ours'))))).toBe(
        '-#',
        undefined,
        new TypeError('ours'),
      );
    }),
  );
});
