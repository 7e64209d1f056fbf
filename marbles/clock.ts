import { TestScheduler } from 'rxjs/testing';
import { Agenda } from './agenda.ts';
import { DrawingError } from './expectation.ts';

/** A drawing that does more than this many things goes round in circles. */
const MAX_ACTIONS = 2_000_000;

/** RxJS's virtual time, which also notices drawings that never end. */
export class Clock extends TestScheduler {
  #actions = 0;
  override actions: TestScheduler['actions'] = new Agenda();

  constructor() {
    super(() => {
      throw new DrawingError('the stage compares for itself');
    });
  }

  override schedule: TestScheduler['schedule'] = (work, delay, state) => {
    if (++this.#actions > MAX_ACTIONS)
      throw new DrawingError(
        `still going on at ${this.frame} ms: give the drawing an end, for example gives(x$, '10s !')`,
      );
    const tolerant: typeof work = function (given) {
      try {
        work.call(this, given);
      } catch (error) {
        if (!isNothingDue(error)) throw error;
      }
    };
    return super.schedule(tolerant, delay, state);
  };
}

/**
 * An immediate may run in the turn of a timer that is due at the same time, and clear that timer: then its own turn
 * finds nothing to do, which RxJS takes for a defect.
 */
const isNothingDue = (error: unknown): boolean =>
  error instanceof Error && error.message === 'Expected a due immediate or interval';
