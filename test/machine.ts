import { availableParallelism, loadavg } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How many times longer than on a quiet and quick machine something may take. */
const SLOW = 4;

/**
 * So many milliseconds of a quiet and quick machine, on this one: the more there is to do for each processor, the
 * longer all of it takes.
 */
export const within = (milliseconds: number, factor: number = SLOW): number =>
  milliseconds * factor * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Bytes that this process has allocated and can still reach. What the system says of it is more, and says as much of
 * its allocator and of its past.
 */
export const memoryHeld = (): number => {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
