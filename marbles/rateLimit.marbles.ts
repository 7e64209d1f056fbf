import { map, merge, Observable, of, type Subscriber, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { RateLimit } from '../src/download/limits/rateLimit.ts';
import { drawn } from './index.ts';

/** Takes so many bytes, again and again, as long as it is listened to. */
const taker = (limit: RateLimit, bytes: number, letter: string): Observable<string> =>
  new Observable((subscriber: Subscriber<string>) => {
    const wake = (): void => {
      const taken = limit.take(bytes, wake);
      limit.check();
      if (!taken) return;
      subscriber.next(letter);
      wake();
    };
    wake();
    return () => limit.leave(wake);
  });

const words = { a: 'a', b: 'b', c: 'c' };

describe('RateLimit', () => {
  it(
    'lets all who wait take turns',
    drawn((stage) => {
      const limit = new RateLimit({ rate: 1000 });
      const all$ = merge(taker(limit, 20, 'a'), taker(limit, 20, 'b'), taker(limit, 20, 'c'));
      stage.gives(all$, '^ 99ms !').toBe('20ms a 19ms b 19ms c 19ms a', words);
    }),
  );

  it(
    'gives large parts their turn, too',
    drawn((stage) => {
      const limit = new RateLimit({ rate: 1000 });
      const all$ = merge(taker(limit, 60, 'a'), taker(limit, 20, 'b'));
      stage.gives(all$, '^ 239ms !').toBe('60ms a 19ms b 59ms a 19ms b 59ms a', words);
    }),
  );

  it(
    'forgets a user that leaves, and then needs no timer',
    drawn((stage) => {
      const limit = new RateLimit({ rate: 1000 });
      stage.gives(taker(limit, 20, 'a'), '^ 9ms !').toBe('-');
      stage.gives(taker(limit, 20, 'b'), '--^ 47ms !').toBe('20ms b 19ms b', words);
      stage.gives(timer(60).pipe(map(() => (limit.awaited ? 'a' : 'b')))).toBe('60ms (b|)', words);
    }),
  );

  it(
    'is no limit at first, and follows its stream',
    drawn((stage) => {
      const limit = new RateLimit();
      stage.gives(limit.follow(stage.cold('-----n---------f|', { n: 0, f: 1000 }))).toBe('----------------|');
      stage.gives(of('a', 'b').pipe(map((letter) => (limit.take(1e9, () => {}) ? letter : '')))).toBe('(ab|)', words);
      stage.gives(taker(limit, 20, 'c'), '------^ 40ms !').toBe('35ms c', words);
    }),
  );

  it(
    'takes of what it is within, or of neither',
    drawn((stage) => {
      const all = new RateLimit({ rate: 1000 });
      const one = new RateLimit({ rate: 500, within: all });
      const other = new RateLimit({ within: all });
      const both$ = merge(taker(one, 20, 'a'), taker(other, 20, 'b'));
      stage.gives(both$, '^ 119ms !').toBe('20ms b 19ms b 19ms a 19ms b 19ms a', words);
    }),
  );

  it(
    'has what is given back for who waits',
    drawn((stage) => {
      const limit = new RateLimit({ rate: 1000 });
      limit.spend(1000);
      stage.gives(taker(limit, 20, 'a'), '^ 98ms !').toBe('60ms (aaa) 15ms a', words);
      timer(50).subscribe(() => limit.give(1000));
    }),
  );
});
