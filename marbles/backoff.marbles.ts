import fc from 'fast-check';
import { defer, first, map, merge, repeat, retry, take, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { backoff } from '../operators/backoff.ts';
import { drawn } from './index.ts';

const sure = { first: 1, most: 4, jitter: 0, random: () => 0.5 };

describe('backoff', () => {
  it(
    'waits twice as long each time, up to the most',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const source = cold('#');
      const subs = ['      (^!)', '-(^!)', '---(^!)', '-------(^!)', '-----------(^!)'];
      gives(source.pipe(retry({ count: 4, delay: backoff(sure) }))).toBe('-----------#');
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fits repeat, too',
    drawn(({ cold, gives }) => {
      gives(cold('(a|)').pipe(repeat({ count: 4, delay: backoff(sure) }))).toBe('aa-a---(a|)');
    }),
  );

  it(
    'starts over after a success',
    drawn(({ gives }) => {
      let tries = 0;
      const results = ['#', '#', 'a#', '#', 'a|'];
      const source$ = defer(() =>
        results[tries++]?.startsWith('a') === true ? 'a' : throwError(() => new Error(`try ${tries}`)),
      );
      gives(source$.pipe(retry({ delay: backoff(sure), resetOnSuccess: true }))).toBe('---(a|)');
    }),
  );

  it(
    'leaves nothing behind when nobody waits any more',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const source = cold('#');
      const subs = '       ^--------!';
      gives(source.pipe(retry({ delay: backoff({ ...sure, first: 60_000, most: 60_000 }) })), subs).toBe('-');
      expectSubscriptions(source.subscriptions).toBe('(^!)');
    }),
  );

  it(
    'leaves half of the wait to chance unless told',
    drawn(({ gives }) => {
      const options = { first: 1000, most: 8000 };
      gives(backoff({ ...options, random: () => 0 })('error', 1)).toBe('500ms (a|)', { a: 0 });
      gives(backoff({ ...options, random: () => 0.5 })('error', 2)).toBe('2s (a|)', { a: 0 });
      gives(backoff({ ...options, factor: 3, random: () => 0.5 })('error', 2)).toBe('3s (a|)', { a: 0 });
      gives(backoff({ ...options, random: () => 0.999_999 })('error', 4)).toBe('8s (a|)', { a: 0 });
    }),
  );

  it(
    'may be asked while it waits',
    drawn(({ gives }) => {
      const wait = backoff(sure);
      gives(wait('error', 3).pipe(take(1))).toBe('----(a|)', { a: 0 });
      gives(wait('error', 1), '-^').toBe('--(a|)', { a: 0 });
    }),
  );

  it('never waits longer than the most, however often it failed', () => {
    const run = fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (count, chance) => {
        drawn(({ gives }) => {
          const wait$ = backoff({ first: 7, most: 50, jitter: 1, random: () => chance })('error', count);
          const most$ = timer(50).pipe(map(() => 'too late'));
          gives(merge(wait$, most$).pipe(first()), '51ms ^').toBe(
            `51ms ${laneOf(Math.min(50, 7 * 2 ** (count - 1)) * 2 * chance)}`,
            { a: 0 },
          );
        })();
      },
    );
    expect(() => fc.assert(run, { numRuns: 50 })).not.toThrow();
  });
});

const laneOf = (wait: number): string => `${Math.min(50, Math.round(wait))}ms (a|)`;
