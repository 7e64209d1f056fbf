import { catchError, concat, NEVER, type Observable, of } from 'rxjs';
import { describe, it } from 'vitest';
import { hangUpWhen, type PeerRates } from '../operators/hangUpWhen.ts';
import { PeerError } from '../src/contracts/errors.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { drawn } from './index.ts';

const open = (peer: Peer): Observable<Peer> => concat(of(peer), NEVER);
const useless = { name: 'PeerError', code: 'useless' };
const tooSlow = ({ downRate }: PeerRates): string | undefined => (downRate < 2000 ? 'is too slow' : undefined);

describe('hangUpWhen', () => {
  it(
    'hangs up on a peer that is slower than told, and keeps one that is not',
    drawn(({ peer, gives }) => {
      const [slow, quick] = [peer('9s P'), peer('9s (PP)')]; // blocks of 16 KiB
      gives(open(slow).pipe(hangUpWhen(tooSlow))).toBe('10s #', undefined, useless);
      gives(open(quick).pipe(hangUpWhen(tooSlow)), '^ 15s !').toBe('-');
    }),
  );

  it(
    'measures anew since each look',
    drawn(({ peer, gives }) => {
      const they = peer('1s (PP) 7s (PP)');
      gives(open(they).pipe(hangUpWhen(tooSlow, { every: 5000 }))).toBe('15s #', undefined, useless);
    }),
  );

  it(
    'tells how long the peer has been here, and errors with its address and the reason',
    drawn(({ peer, gives }) => {
      const they = peer('-');
      const told$ = open(they).pipe(
        hangUpWhen(({ age }) => (age >= 3000 ? `is here for ${age} ms` : undefined), { every: 1000 }),
        catchError((error: unknown) => of((error as PeerError).message)),
      );
      gives(told$).toBe('3s (m|)', { m: '10.0.0.1:6881: is here for 3000 ms' });
    }),
  );

  it(
    'waits for a peer that never comes, and fails with the source and with what the reason throws',
    drawn(({ peer, cold, gives, expectSubscriptions }) => {
      const reset = new PeerError('reset', '');
      const they = cold<Peer>('-');
      gives(they.pipe(hangUpWhen(tooSlow)), '^ 1m !').toBe('-');
      expectSubscriptions(they.subscriptions).toBe('^ 1m !');
      gives(cold<Peer>('-|').pipe(hangUpWhen(tooSlow))).toBe('-|');
      gives(cold<Peer>('-#', {}, reset).pipe(hangUpWhen(tooSlow))).toBe('-#', undefined, reset);
      const defect = new RangeError('no reason');
      const broken = hangUpWhen(() => {
        throw defect;
      });
      gives(open(peer('-')).pipe(broken)).toBe('10s #', undefined, defect);
    }),
  );
});
