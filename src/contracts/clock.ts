import { asyncScheduler } from 'rxjs';

/**
 * The time in milliseconds, as RxJS tells it: the machine's outside a drawing, the virtual one inside
 * `TestScheduler.run`. No other file asks for the time.
 */
export const now = (): number => asyncScheduler.now();
