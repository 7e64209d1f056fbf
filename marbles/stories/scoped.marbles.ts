import { NEVER, Observable, mergeWith, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { scoped } from '../../src/download/streams/scoped.ts';
import { drawn } from '../index.ts';

describe('scoped', () => {
  it(
    'uses a resource for as long as it is used',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const resource = cold('-r---------');
      const use = cold('      a-b|');
      gives(scoped(resource, () => use)).toBe('-a-b|');
      expectSubscriptions(resource.subscriptions).toBe('^---!');
      expectSubscriptions(use.subscriptions).toBe('-^--!');
    }),
  );

  it(
    'ends with an error of the one or the other',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const resource = cold('-r-----');
      gives(scoped(resource, () => cold('--#'))).toBe('---#');
      expectSubscriptions(resource.subscriptions).toBe('^--!');
      gives(scoped(cold('--#'), () => NEVER)).toBe('--#');
      gives(scoped(cold('r--#'), () => cold('a----'))).toBe('a--#');
    }),
  );

  it(
    'waits for a resource that never comes, until it is left',
    drawn(({ cold, gives, expectSubscriptions }) => {
      const resource = cold('------');
      gives(
        scoped(resource, () => NEVER),
        '^--!',
      ).toBe('');
      expectSubscriptions(resource.subscriptions).toBe('^--!');
    }),
  );

  it('unsubscribes from the use before the resource, however it ends', () => {
    const order = (end: (use: Observable<string>) => Observable<string>, leave = false): string[] => {
      const log: string[] = [];
      const until = (what: string, then: Observable<string>) =>
        new Observable<string>((subscriber) => {
          subscriber.add(() => log.push(what));
          subscriber.next(what);
          subscriber.add(then.subscribe(subscriber));
        });
      const subscription = scoped(until('resource', NEVER), () => end(until('use', NEVER))).subscribe({
        error: () => log.push('error'),
      });
      if (leave) subscription.unsubscribe();
      return log;
    };
    expect(order((use) => use, true)).toEqual(['use', 'resource']);
    expect(order((use) => use.pipe(mergeWith(throwError(() => new Error('drawn')))))).toEqual([
      'error',
      'use',
      'resource',
    ]);
  });
});
