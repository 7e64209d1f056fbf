import { setFlagsFromString } from 'node:v8';

/** Torrents from which on memory is worth more than the time that it takes to look for what is no longer used. */
const MANY = 100;
/**
 * So much more than what is in use may be used before that is looked for again, in per cent: by itself it would be up
 * to four times as much.
 */
const SLACK = 45;

/**
 * With many torrents memory grows as far as they need it: to begin with a thousand of them would else make room that is
 * kept for ever.
 */
export const beThrifty = (torrents: number): void => {
  if (torrents < MANY) return;
  for (const flag of ['semi-space-growth-factor=1', `heap-growing-percent=${SLACK}`]) setFlagsFromString(`--${flag}`);
};
