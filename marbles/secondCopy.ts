import { Observable } from 'rxjs';
import { DrawingError } from './expectation.ts';

const FOUND = 'a second copy of RxJS is in this drawing, and its timers stand still here';
const CURE =
  'there must be one: `npm ls rxjs` shows where each is, and `npm dedupe` leaves one where versions allow it; ' +
  "a bundler that copies RxJS needs `resolve.dedupe: ['rxjs']`, or not to bundle it";

const secondCopy = (): DrawingError => new DrawingError(`${FOUND}; ${CURE}`);

/** @throws DrawingError if a stream was made by another copy of RxJS than the stage's. */
export const checkCopy = (stream$: Observable<unknown>): void => {
  if (!(stream$ instanceof Observable)) throw secondCopy();
};

/** The stack lines of our own in an error that `secondCopy` makes when `listening` calls it. */
const OWN_CALLS = 2;

/** RxJS asks for a timer through a provider, which an action calls: each is recognised by its name or its folder. */
const byRxjs = ({ stack = '' }: Error): boolean => {
  const calls = stack.split('\n').filter((line) => /^ +at /.test(line));
  return calls
    .slice(OWN_CALLS, OWN_CALLS + 2)
    .every((call) => /\b(AsyncAction|setInterval)\b|[\\/]rxjs[^\\/]*[\\/]/.test(call));
};

/**
 * Plays a drawing, and detects timers that RxJS requests from the system meanwhile. The stage's own copy of RxJS uses
 * virtual time, so such timers come from another copy; and since a drawing plays within one turn of the event loop,
 * they could never fire.
 *
 * @throws DrawingError instead of any other failure of the drawing, since that may follow from the second copy
 */
export const withOneCopy = (play: () => void): void => {
  const system = globalThis.setInterval;
  let found: DrawingError | undefined;
  const listening = (...args: Parameters<typeof system>): unknown => {
    const call = secondCopy();
    if (!byRxjs(call)) return system(...args);
    found ??= call;
    return undefined;
  };
  globalThis.setInterval = listening as typeof system;
  try {
    play();
  } catch (error) {
    throw found ?? error;
  } finally {
    globalThis.setInterval = system;
  }
  if (found !== undefined) throw found;
};
