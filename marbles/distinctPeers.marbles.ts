import { NEVER, Subject, concat, finalize, from, of, range, map, last, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { REMEMBERED, distinctPeers } from '../operators/distinctPeers.ts';
import type { PeerAddress } from '../src/contracts/network.ts';
import { drawn } from './index.ts';

const a: PeerAddress = { host: '10.0.0.1', port: 6881, source: 'tracker' };
const b: PeerAddress = { ...a, port: 6882 };
const c: PeerAddress = { ...a, host: '2001:db8::c' };
const values: Record<string, PeerAddress> = {
  a,
  b,
  c,
  A: { ...a, source: 'pex' },
  C: { ...c, host: '2001:DB8::C', source: 'dht' },
};
const addressOf = (port: number): PeerAddress => ({ host: '10.0.0.1', port, source: 'dht' });

describe('distinctPeers', () => {
  it(
    'says nothing where nothing comes',
    drawn(({ cold, gives }) => {
      gives(cold<PeerAddress>('-').pipe(distinctPeers())).toBe('-');
      gives(cold<PeerAddress>('--|').pipe(distinctPeers())).toBe('--|');
    }),
  );

  it(
    'lets each address through once, whichever source named it',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const source = cold('a-b-A-c-C|', values);
      const result = '     a-b---c--|';
      const subs = '       ^--------!';
      gives(source.pipe(distinctPeers())).toBe(result, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'lets an address through again half an hour after it passed, however often it was named meanwhile',
    drawn(({ cold, gives }) => {
      const source = cold('a 999ms A 28m A 118997ms AA', values);
      const result = '     a 999ms - 28m - 118997ms -A';
      gives(source.pipe(distinctPeers())).toBe(result, values);
    }),
  );

  it(
    'forgets sooner if told so',
    drawn(({ cold, gives }) => {
      const source = cold('a-aaaaaaa|', values);
      const result = '     a---a---a|';
      gives(source.pipe(distinctPeers({ forgetAfter: 4 }))).toBe(result, values);
    }),
  );

  it(
    'passes an error on at once',
    drawn(({ cold, gives }) => {
      gives(cold('a-a#', values).pipe(distinctPeers())).toBe('a--#', values);
    }),
  );

  it(
    'lets go of the source when unsubscribed',
    drawn(({ hot, gives, expectSubscriptions }) => {
      const source = hot('a-b-c-', values);
      const subs = '      ^--!';
      gives(source.pipe(distinctPeers()), subs).toBe('a-b', values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'remembers anew for each subscription',
    drawn(({ cold, gives }) => {
      const result = cold('a-A|', values).pipe(distinctPeers());
      gives(result).toBe('a--|', values);
      gives(result, '----^').toBe('----a--|', values);
    }),
  );

  it(
    'always lets those through that called us',
    drawn(({ cold, gives }) => {
      const w = { ...a, source: 'incoming' as const, wire$: NEVER };
      gives(cold('wwaw|', { a, w }).pipe(distinctPeers())).toBe('wwaw|', { a, w });
    }),
  );

  it('knows an address that comes back while it is passed on', () => {
    const source = new Subject<PeerAddress>();
    const seen: PeerAddress[] = [];
    const subscription = source
      .pipe(
        distinctPeers(),
        tap(() => source.next(a)),
      )
      .subscribe((address) => seen.push(address));
    source.next(a);
    subscription.unsubscribe();
    expect(seen).toEqual([a]);
    expect(source.observed).toBe(false);
  });

  it('forgets the address that was named the longest ago', () => {
    const flood$ = range(1, REMEMBERED).pipe(map(addressOf));
    const renamed$ = of(addressOf(1));
    const onemore$ = of(addressOf(REMEMBERED + 1));
    const passed: number[] = [];
    concat(flood$, renamed$, onemore$, of(addressOf(1)), of(addressOf(2)))
      .pipe(distinctPeers())
      .subscribe(({ port }) => passed.push(port));
    expect(passed.slice(REMEMBERED)).toEqual([REMEMBERED + 1, 2]);
  });

  it('stops reading an endless source when unsubscribed', () => {
    let read = 0;
    let closed = false;
    const endless = function* () {
      for (;;) yield addressOf(1 + (read++ % 60_000));
    };
    const subscription = from(endless())
      .pipe(
        finalize(() => (closed = true)),
        distinctPeers(),
        map(({ port }) => port),
      )
      .pipe(
        tap((port) => {
          if (port === 100) throw new Error('enough');
        }),
        last(),
      )
      .subscribe({ error: () => undefined });
    expect([subscription.closed, closed, read]).toEqual([true, true, 100]);
  });
});
