import { catchError, concat, merge, NEVER, type Observable, of } from 'rxjs';
import { describe, it } from 'vitest';
import { disconnect, type Expulsion } from '../operators/disconnect.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { drawn } from './index.ts';

const open = (...peers: readonly Peer[]): Observable<Peer> => concat(of(...peers), NEVER);
const lied = (peer: Peer): Expulsion => ({ peer, code: 'corrupt', why: 'sent wrong bytes' });
const corrupt = { name: 'PeerError', code: 'corrupt' };

describe('disconnect', () => {
  it(
    'hangs up on the peer that is named, and on no other',
    drawn(({ peer, hot, gives, sends }) => {
      const [they, others] = [peer('-------'), peer('-------')];
      const names = '               --q--p';
      const result = '              -----#';
      const expelled$ = hot(names, { p: lied(they), q: lied(others) });
      gives(open(they).pipe(disconnect(expelled$))).toBe(result, undefined, corrupt);
      sends(they).toBe('-');
    }),
  );

  it(
    'is one for all peers',
    drawn(({ peer, hot, gives }) => {
      const [one, other] = [peer('-'), peer('-')];
      const hangUp = disconnect(hot('--b-a', { a: lied(one), b: lied(other) }));
      gives(open(one).pipe(hangUp)).toBe('----#', undefined, corrupt);
      gives(open(other).pipe(hangUp)).toBe('--#', undefined, corrupt);
      gives(open(one, other).pipe(hangUp)).toBe('--#', undefined, corrupt);
    }),
  );

  it(
    'knows a connection by its address: another one to the same host stays',
    drawn(({ peer, hot, gives }) => {
      const they = peer('-');
      const again: Peer = { ...they, address: { ...they.address } };
      gives(open(again).pipe(disconnect(hot('-p', { p: lied(they) }))), '^--!').toBe('-');
    }),
  );

  it(
    'does not remember what was named before the peer came',
    drawn(({ peer, hot, cold, gives }) => {
      const they = peer('-');
      gives(merge(cold('--p', { p: they }), NEVER).pipe(disconnect(hot('-p', { p: lied(they) }))), '^---!').toBe('-');
    }),
  );

  it(
    'errors with the address of the peer, the reason, and the code that it was given',
    drawn(({ peer, hot, gives }) => {
      const they = peer('-');
      const expelled$ = hot('-p', { p: { peer: they, code: 'duplicate', why: 'is connected already' } as const });
      const told$ = open(they).pipe(
        disconnect(expelled$),
        catchError((error: unknown) => of([(error as PeerError).code, (error as PeerError).message])),
      );
      gives(told$).toBe('-(m|)', { m: ['duplicate', '10.0.0.1:6881: is connected already'] });
    }),
  );

  it(
    'listens no longer than somebody does, and fails with the source and with what names',
    drawn(({ peer, hot, cold, gives, expectSubscriptions }) => {
      const expelled$ = hot<Expulsion>('-');
      gives(open(peer('-')).pipe(disconnect(expelled$)), '^-----!').toBe('-');
      expectSubscriptions(expelled$.subscriptions).toBe('^-----!');
      const reset = new PeerError('reset', '');
      gives(cold<Peer>('-#', {}, reset).pipe(disconnect(NEVER))).toBe('-#', undefined, reset);
      gives(cold<Peer>('-|').pipe(disconnect(NEVER))).toBe('-|');
      gives(open(peer('-')).pipe(disconnect(cold('--#', {}, reset)))).toBe('--#', undefined, reset);
    }),
  );
});
