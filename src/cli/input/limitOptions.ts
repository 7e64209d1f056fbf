import { of } from 'rxjs';
import type { Limits } from '../../download/limits/rateLimits.ts';
import type { Given } from '../io/io.ts';
import { size } from '../args/values.ts';

/** Bytes a second below which no download would end, and above which there is no line. */
const LEAST = 1024;
const MOST = 2 ** 40;

/** The rate limits that were asked for, of all torrents together or of each. @throws InputError */
export const limitsOf = (given: Given, whose: 'all' | 'each' = 'all'): Limits => {
  const suffix = whose === 'each' ? '-each' : '';
  const down = size(given, `down-limit${suffix}`, LEAST, MOST);
  const up = size(given, `up-limit${suffix}`, LEAST, MOST);
  return { ...(down !== undefined && { down: of(down) }), ...(up !== undefined && { up: of(up) }) };
};
