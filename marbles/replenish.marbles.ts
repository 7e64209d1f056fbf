import { NEVER, Subject, defer, of, take, tap, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { backoff } from '../operators/backoff.ts';
import { replenish } from '../operators/replenish.ts';
import { TrackerError } from '../src/contracts/errors.ts';
import { drawn } from './index.ts';

const down = new TrackerError('unreachable', 'down');
const gone = new TrackerError('failure-reason', 'gone', { retryIn: 'never' });
const wanted = { w: 5, n: 0 };
const limits = { atLeast: 3, atMost: 20 };

describe('replenish', () => {
  it(
    'waits with a lookup that never ends, whatever is wanted',
    drawn(({ cold, hot, gives, expectSubscriptions }) => {
      const lookup = cold('a----');
      const wanted$ = hot('w-n-w', wanted);
      const subs = '       ^----------------------------!';
      gives(lookup.pipe(replenish({ wanted$, ...limits })), subs).toBe('a');
      expectSubscriptions(lookup.subscriptions).toBe(subs);
    }),
  );

  it(
    'looks again after the longest time when nothing is wanted, even after finding nothing',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const lookup = cold('-|');
      gives(lookup.pipe(replenish({ wanted$: NEVER, ...limits })), '^ 30ms !').toBe('-');
      expectSubscriptions(lookup.subscriptions).toBe(['^!', '21ms ^!']);
    }),
  );

  it(
    'looks again at once when more is wanted and the shortest time is over',
    drawn(({ cold, hot, gives }) => {
      const lookup = cold('(ab|)');
      const wanted$ = hot('-----w----', wanted);
      const result = '     (ab)-(ab)-';
      gives(lookup.pipe(replenish({ wanted$, ...limits })), '^-------!').toBe(result);
    }),
  );

  it(
    'does not look sooner than allowed, and goes on while more is wanted',
    drawn(({ cold, hot, gives }) => {
      const lookup = cold('(a|)');
      const wanted$ = hot('-w------n----', wanted);
      const result = '     a--a--a---';
      gives(lookup.pipe(replenish({ wanted$, ...limits })), '^-----------!').toBe(result);
    }),
  );

  it(
    'remembers what was wanted while it was looking',
    drawn(({ cold, hot, gives, expectSubscriptions }) => {
      const lookup = cold('----a|');
      const wanted$ = hot('-w------n----', wanted);
      gives(lookup.pipe(replenish({ wanted$: wanted$.pipe(take(1)), ...limits })), '^---------!').toBe('----a');
      expectSubscriptions(lookup.subscriptions).toBe(['^----!', '--------^-!']);
    }),
  );

  it(
    'asks for its limits when they matter',
    drawn(({ cold, hot, gives }) => {
      let atLeast = 2;
      const lookup = defer(() => cold('(a|)'));
      const wanted$ = hot('w', wanted);
      gives(lookup.pipe(replenish({ wanted$, atLeast: () => atLeast++, atMost: () => 100 })), '^----------!').toBe(
        'a-a--a---a',
      );
    }),
  );

  it(
    'waits for a limit that no timer holds, instead of not waiting at all',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const lookup = cold('(a|)');
      gives(lookup.pipe(replenish({ wanted$: NEVER, atLeast: 1, atMost: Infinity })), '^ 60m !').toBe('a');
      expectSubscriptions(lookup.subscriptions).toBe('(^!)');
    }),
  );

  it(
    'waits out an error that may pass',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const lookup = cold('a#', undefined, down);
      const delay = backoff({ first: 2, most: 4, jitter: 0, random: () => 0 });
      gives(lookup.pipe(replenish({ wanted$: NEVER, ...limits, delay })), '^------------!').toBe('a--a----a----');
      expectSubscriptions(lookup.subscriptions).toBe(['^!', '---^!', '--------^!']);
    }),
  );

  it(
    'counts errors from the last lookup that went well',
    drawn(({ gives }) => {
      const counts: number[] = [];
      const outcomes = [down, down, undefined, down, gone];
      const lookup = defer(() => {
        const outcome = outcomes.shift();
        return outcome === undefined ? of('a') : throwError(() => outcome);
      });
      const delay = (_: unknown, count: number) => {
        counts.push(count);
        return of(0);
      };
      gives(lookup.pipe(replenish({ wanted$: NEVER, atLeast: 1, atMost: 3, delay }))).toBe('a--#', undefined, gone);
      gives(of(counts), '9ms ^').toBe('9ms (c|)', { c: [1, 2, 1] });
    }),
  );

  it(
    'passes on errors that are lasting, and defects',
    drawn(({ cold, gives }) => {
      const defect = new TypeError('a defect');
      gives(cold('a-#', undefined, gone).pipe(replenish({ wanted$: NEVER, ...limits }))).toBe('a-#', undefined, gone);
      gives(cold('a-#', undefined, defect).pipe(replenish({ wanted$: NEVER, ...limits }))).toBe(
        'a-#',
        undefined,
        defect,
      );
    }),
  );

  it(
    'passes on an error of `wanted$`, and ends the lookup',
    drawn(({ cold, hot, gives, expectSubscriptions }) => {
      const lookup = cold('a----');
      gives(lookup.pipe(replenish({ wanted$: hot<number>('--#', undefined, down), ...limits }))).toBe(
        'a-#',
        undefined,
        down,
      );
      expectSubscriptions(lookup.subscriptions).toBe('^-!');
    }),
  );

  it(
    'releases everything when unsubscribed, while looking and while waiting',
    drawn(({ cold, hot, gives, expectSubscriptions }) => {
      const lookup = cold('a-|');
      const wanted$ = hot<number>('---');
      gives(lookup.pipe(replenish({ wanted$, ...limits })), '^!').toBe('a');
      gives(lookup.pipe(replenish({ wanted$, ...limits })), '-----^---!').toBe('-----a');
      expectSubscriptions(lookup.subscriptions).toBe(['^!', '-----^-!']);
      expectSubscriptions(wanted$.subscriptions).toBe(['^!', '-----^---!']);
    }),
  );

  it(
    'may be told what is wanted by the subscriber that gets the result',
    drawn(({ cold, gives }) => {
      const wanted$ = new Subject<number>();
      const result$ = cold('(a|)').pipe(replenish({ wanted$, atLeast: 2, atMost: 50 }));
      let heard = 0;
      const loop$ = result$.pipe(tap(() => wanted$.next(++heard < 3 ? 1 : 0)));
      gives(loop$, '^ 20ms !').toBe('a-a-a');
    }),
  );

  it('looks on its own for each subscriber', () => {
    let lookups = 0;
    const result$ = defer(() => of(++lookups)).pipe(replenish({ wanted$: NEVER, ...limits }), take(1));
    result$.subscribe();
    result$.subscribe();
    expect(lookups).toBe(2);
  });
});
