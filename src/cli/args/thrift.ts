import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { CalmCollector } from './calmCollector.ts';

/** Number of torrents from which on saving memory is worth the time of garbage collection. */
const MANY = 100;
/**
 * How much the heap may grow before the next collection, in per cent of the memory in use: V8's default is up to four
 * times as much.
 */
const SLACK = 45;
/** Milliseconds between two looks at whether anything happens. */
const LOOK_EVERY = 5_000;

/**
 * With many torrents the heap grows only as far as they need it: otherwise starting a thousand of them would reserve
 * memory that is never returned. What is garbage by the time that all have started is collected then.
 */
export const beThrifty = (torrents: number): void => {
  if (torrents < MANY) return;
  const flags = ['semi-space-growth-factor=1', `heap-growing-percent=${SLACK}`, 'expose-gc'];
  for (const flag of flags) setFlagsFromString(`--${flag}`);
  collectWhenCalm();
};

let collects = false;

const collectWhenCalm = (): void => {
  if (collects) return;
  collects = true;
  let before = performance.eventLoopUtilization();
  const collector = new CalmCollector({
    busy: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
    used: () => getHeapStatistics().used_heap_size,
    // Only a new context has this function, and it is not kept.
    collect: () => (runInNewContext('gc') as () => void)(),
  });
  setInterval(() => collector.look(), LOOK_EVERY).unref();
};
