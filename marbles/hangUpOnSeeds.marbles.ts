import { catchError, concat, NEVER, type Observable, of } from 'rxjs';
import { describe, it } from 'vitest';
import { hangUpOnSeeds } from '../operators/hangUpOnSeeds.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { encodeExtensionHandshake } from '../src/protocol/peer/extensions.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import { drawn } from './index.ts';

const open = (peer: Peer): Observable<Peer> => concat(of(peer), NEVER);
const useless = { name: 'PeerError', code: 'useless' };
const wish = (uploadOnly: boolean): Message => ({
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({ ids: new Map(), uploadOnly }),
});
const wishes = { E: wish(true), F: wish(false) };

describe('hangUpOnSeeds', () => {
  it(
    'hangs up on a seed after half a minute',
    drawn(({ peer, gives, sends }) => {
      const they = peer('-');
      const result = '   30s #';
      gives(open(they).pipe(hangUpOnSeeds(() => true))).toBe(result, undefined, useless);
      sends(they).toBe('-');
    }),
  );

  it(
    'hangs up on a peer that has not all, and says that it only uploads',
    drawn(({ peer, gives }) => {
      const they = peer('15s E', wishes, { has: [0], extended: true });
      const result = '   40s #';
      gives(open(they).pipe(hangUpOnSeeds(() => true))).toBe(result, undefined, useless);
    }),
  );

  it(
    'keeps a peer that lacks something, and every peer while we do',
    drawn(({ peer, gives }) => {
      gives(open(peer('-', {}, { has: [0] })).pipe(hangUpOnSeeds(() => true)), '^ 10m !').toBe('-');
      gives(open(peer('-')).pipe(hangUpOnSeeds(() => false)), '^ 10m !').toBe('-');
    }),
  );

  it(
    'counts from the last time that either of us wanted something',
    drawn(({ peer, now, gives }) => {
      const they = peer('5s E 19999ms F 9999ms E', wishes, { has: [0], extended: true });
      gives(open(they).pipe(hangUpOnSeeds(() => true))).toBe('60s #', undefined, useless);
      gives(open(peer('-')).pipe(hangUpOnSeeds(() => now() < 15_000 || now() > 25_000))).toBe(
        '50s #',
        undefined,
        useless,
      );
    }),
  );

  it(
    'says who it was',
    drawn(({ peer, gives }) => {
      const told$ = open(peer('-')).pipe(
        hangUpOnSeeds(() => true),
        catchError((error: unknown) => of((error as PeerError).message)),
      );
      gives(told$).toBe('30s (m|)', { m: '10.0.0.1:6881: is a seed, as we are' });
    }),
  );

  it(
    'stops looking when unsubscribed, and ends and fails with the source',
    drawn(({ peer, cold, gives }) => {
      const hangUp = hangUpOnSeeds(() => true);
      gives(open(peer('-')).pipe(hangUp), '^ 29s !').toBe('-');
      gives(cold<Peer>('-|').pipe(hangUp)).toBe('-|');
      const reset = new PeerError('reset', '');
      gives(cold<Peer>('-#', {}, reset).pipe(hangUp)).toBe('-#', undefined, reset);
    }),
  );
});
