import fc from 'fast-check';
import { type Subscription, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Agenda } from './agenda.ts';

/** What one task does when its turn comes: begins others, after so many milliseconds each, and gives some up. */
interface Turn {
  readonly begins: readonly number[];
  readonly givesUp: readonly number[];
}

/** Which tasks had their turn, and when. */
const played = (
  turns: readonly Turn[],
  actions?: VirtualTimeScheduler['actions'],
): readonly (readonly [at: number, task: number])[] => {
  const scheduler = new VirtualTimeScheduler();
  if (actions !== undefined) scheduler.actions = actions;
  const told: [number, number][] = [];
  const begun: Subscription[] = [];
  const begin = (delay: number): void => {
    const task = begun.length;
    begun.push(scheduler.schedule(() => turn(task), delay));
  };
  const turn = (task: number): void => {
    told.push([scheduler.frame, task]);
    const { begins, givesUp } = turns[task] ?? { begins: [], givesUp: [] };
    for (const delay of begins) begin(delay);
    for (const other of givesUp) begun[other]?.unsubscribe();
  };
  turn(0);
  scheduler.flush();
  return told;
};

describe('the agenda', () => {
  it('is worked off in the order of the one that RxJS has, whatever is begun and given up meanwhile', () => {
    const small = { maxLength: 5 };
    const turn = fc.record({ begins: fc.array(fc.nat(9), small), givesUp: fc.array(fc.nat(60), small) });
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 40 }), (turns) => {
        expect(played(turns, new Agenda())).toEqual(played(turns));
      }),
    );
  });

  it('keeps nothing of what is over', () => {
    const agenda = new Agenda<{ delay: number; closed: boolean }>();
    const [first, second] = [2, 1].map((delay) => ({ delay, closed: false }));
    agenda.push(first as never, second as never);
    expect([agenda[0], agenda.length]).toEqual([second, 1]);
    (first as { closed: boolean }).closed = true;
    expect([agenda.shift(), agenda.shift(), agenda.length]).toEqual([second, undefined, 0]);
  });
});
