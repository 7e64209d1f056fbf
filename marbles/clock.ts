import { TestScheduler } from 'rxjs/testing';
import { DrawingError } from './expectation.ts';

/** A drawing that does more than this many things goes round in circles. */
const MAX_ACTIONS = 2_000_000;

/** RxJS's virtual time, which also notices drawings that never end. */
export class Clock extends TestScheduler {
  #actions = 0;

  constructor() {
    super(() => {
      throw new DrawingError('the stage compares for itself');
    });
  }

  override schedule: TestScheduler['schedule'] = (...args) => {
    if (++this.#actions > MAX_ACTIONS) throw new DrawingError(`still going on at ${this.frame} ms: give the drawing an end, for example gives(x$, '10s !')`);
    return super.schedule(...args);
  };
}
