import { catchError, concat, NEVER, of, Subject, takeUntil } from 'rxjs';
import { describe, it } from 'vitest';
import { keepAlive } from '../operators/keepAlive.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { drawn } from './index.ts';

const silent = { name: 'PeerError', code: 'silent' };
const deaf = { speakEvery: 3_600_000 };

describe('keepAlive', () => {
  it(
    'a block is as good as a word',
    drawn(({ peer, gives }) => {
      const they = peer('140s 1 -');
      const result = '   300s #';
      gives(of(they).pipe(keepAlive(deaf))).toBe(result, undefined, silent);
    }),
  );

  it(
    'speaks every two minutes, and hangs up after two and a half of silence',
    drawn(({ peer, gives, sends }) => {
      const they = peer('-');
      const writes = '   2m K 29999ms -';
      const result = '   2m - 29999ms #';
      gives(of(they).pipe(keepAlive())).toBe(result, undefined, silent);
      sends(they).toBe(writes);
    }),
  );

  it(
    'goes on as long as the peer sends anything, even keep-alives',
    drawn(({ peer, gives, sends }) => {
      const they = peer('1m  K 119999ms K 119999ms K 119999ms K 59999ms |');
      const writes = '   2m  K 119999ms K 119999ms K                    ';
      const result = '   1m  - 119999ms - 119999ms - 119999ms - 59999ms |';
      gives(of(they).pipe(keepAlive())).toBe(result);
      sends(they).toBe(writes);
    }),
  );

  it(
    'is not impatient with a peer that sends every two minutes, a little late',
    drawn(({ peer, gives }) => {
      const late = Array.from({ length: 30 }, () => '124s K').join(' ');
      gives(of(peer(`29s K ${late} |`)).pipe(keepAlive(deaf))).toBe(
        `29s - ${Array.from({ length: 30 }, () => '124s -').join(' ')} |`,
      );
    }),
  );

  it.each([1, 12_345, 29_999, 30_001, 59_999, 149_999])('hangs up 150 to 180 s after the last word: %i ms', (at) =>
    drawn(({ peer, gives }) => {
      const over$ = of(peer(`${at}ms U`)).pipe(keepAlive(deaf));
      const steps = Math.ceil(at / 30_000) + 5;
      gives(over$).toBe(`${steps * 30}s #`, undefined, silent);
    })(),
  );

  it(
    'takes other times',
    drawn(({ peer, gives, sends }) => {
      const they = peer('--------');
      const writes = '   --K-K---';
      const result = '   -----#';
      gives(of(they).pipe(keepAlive({ speakEvery: 2, hangUpAfter: 5 }))).toBe(result, undefined, silent);
      sends(they).toBe(writes);
    }),
  );

  it(
    'says nothing before there is a peer, nor without one',
    drawn(({ cold, gives }) => {
      gives(cold<Peer>('-').pipe(keepAlive()), '^ 10m !').toBe('-');
      gives(cold<Peer>('-|').pipe(keepAlive())).toBe('-|');
      gives(cold<Peer>('-#', {}, new PeerError('silent', '')).pipe(keepAlive())).toBe('-#', undefined, silent);
    }),
  );

  it(
    'sends nothing more when the peer has hung up or the connection broke',
    drawn(({ peer, gives, sends }) => {
      const they = peer('1m |');
      gives(of(they).pipe(keepAlive())).toBe('1m |');
      sends(they).toBe('-');
      gives(of(peer('1m #')).pipe(keepAlive())).toBe('1m #', undefined, { name: 'PeerError', code: 'reset' });
    }),
  );

  it(
    'sends nothing more when unsubscribed',
    drawn(({ peer, gives, sends, expectSubscriptions }) => {
      const they = peer('-');
      const subs = '     ^ 149s !';
      gives(concat(of(they), NEVER).pipe(keepAlive()), subs).toBe('-');
      sends(they).toBe('2m K');
      expectSubscriptions(they.subscriptions).toBe(subs);
    }),
  );

  it(
    'begins anew with the next peer',
    drawn(({ peer, cold, gives, sends }) => {
      const [first, second] = [peer('-'), peer('-')];
      const result = '1m - 149999ms #';
      gives(cold('a 59999ms b', { a: first, b: second }).pipe(keepAlive())).toBe(result, undefined, silent);
      sends(first).toBe('-');
      sends(second).toBe('3m K');
    }),
  );

  it(
    'may be ended by what it says',
    drawn(({ peer, gives, sends, expectSubscriptions }) => {
      const they = peer('-');
      const enough$ = new Subject<void>();
      const once: Peer = {
        ...they,
        send: (...said) => {
          they.send(...said);
          enough$.next();
          return true;
        },
      };
      gives(concat(of(once), NEVER).pipe(keepAlive(), takeUntil(enough$))).toBe('2m |');
      sends(they).toBe('2m K');
      expectSubscriptions(they.subscriptions).toBe('^ 119999ms !');
    }),
  );

  it(
    'errors with the address of the silent peer, and for how long it was silent',
    drawn(({ peer, gives }) => {
      const told$ = of(peer('-')).pipe(
        keepAlive(),
        catchError((error: unknown) => of((error as PeerError).message)),
      );
      gives(told$).toBe('150s (m|)', { m: '10.0.0.1:6881: has sent nothing for 150 s' });
    }),
  );
});
