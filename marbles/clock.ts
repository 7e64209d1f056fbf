import { TestScheduler } from 'rxjs/testing';
import { Agenda } from './agenda.ts';
import { DrawingError } from './expectation.ts';
import { Timers } from './timers.ts';

/** A drawing that runs more tasks than this is in an endless loop. */
const MAX_ACTIONS = 2_000_000;

/** RxJS's virtual time, which also detects drawings that never end. */
export class Clock extends TestScheduler {
  #actions = 0;
  override actions: TestScheduler['actions'] = new Agenda();

  constructor() {
    super(() => {
      throw new DrawingError('the stage compares for itself');
    });
    // RxJS has no other way to be given timers: `run` calls the method by this name.
    Object.assign(this, { createDelegates: () => new Timers(this).delegates });
  }

  override schedule: TestScheduler['schedule'] = (work, delay, state) => {
    if (++this.#actions > MAX_ACTIONS)
      throw new DrawingError(
        `still going on at ${this.frame} ms: give the drawing an end, for example gives(x$, '10s !')`,
      );
    return super.schedule(work, delay, state);
  };
}
