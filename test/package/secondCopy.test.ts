import { concatMap, timer as ours } from 'rxjs';
import { delay, of, timer as theirs } from 'rxjs-7.8.1';
import { describe, expect, it } from 'vitest';
import { drawn, type Stage } from '../../marbles/index.ts';

const second = /^a second copy of RxJS .*npm ls rxjs/;
/** Types that both copies have in common; only what runs tells them apart. */
const cast = <T>(something: unknown): T => something as T;

describe('a drawing in which there is a second copy of RxJS', () => {
  it.each<[what: string, scene: (stage: Stage) => void]>([
    ['a stream of it', ({ gives }) => gives(cast(theirs(3))).toBe('---(0|)')],
    ['a stream of it that takes no time', ({ gives }) => gives(cast(of(1))).toBe('(1|)')],
    ['an operator of it', ({ cold, gives }) => gives(cold('-a|').pipe(cast(delay(2)))).toBe('---a|')],
    [
      'a timer of it within',
      ({ cold, gives }) => gives(cold('a').pipe(concatMap(() => cast<typeof ours>(theirs)(2)))).toBe('--a'),
    ],
    ['a timer of it that nobody draws', ({ cold, watch }) => void watch(cold('a').pipe(cast(delay(2))), '^--!')],
  ])('fails and says so: %s', (_, scene) => {
    expect(drawn(scene)).toThrow(second);
  });

  it('leaves the timers of the system as they were, and those of other code alone', () => {
    const before = globalThis.setInterval;
    let fired: NodeJS.Timeout | undefined;
    drawn(({ cold, gives }) => {
      fired = setInterval(() => undefined, 1000);
      gives(cold('-a|').pipe(concatMap(() => ours(2)))).toBe('---(0|)');
    })();
    expect(globalThis.setInterval).toBe(before);
    expect(fired).toBeDefined();
    clearInterval(fired);
  });
});
