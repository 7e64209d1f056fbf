import { setFlagsFromString } from 'node:v8';

/** Number of torrents from which on saving memory is worth the time of garbage collection. */
const MANY = 100;
/**
 * How much the heap may grow before the next collection, in per cent of the memory in use: V8's default is up to four
 * times as much.
 */
const SLACK = 45;

/**
 * With many torrents the heap grows only as far as they need it: otherwise starting a thousand of them would reserve
 * memory that is never returned.
 */
export const beThrifty = (torrents: number): void => {
  if (torrents < MANY) return;
  for (const flag of ['semi-space-growth-factor=1', `heap-growing-percent=${SLACK}`]) setFlagsFromString(`--${flag}`);
};
