import { of } from 'rxjs';
import type { Limits } from '../limits.ts';
import type { Given } from './io.ts';
import { size } from './values.ts';

/** Bytes a second below which nobody would wait for the end, and above which there is no line. */
const LEAST = 1024;
const MOST = 2 ** 40;

/** The rate limits that were asked for. @throws InputError */
export const limitsOf = (given: Given): Limits => {
  const down = size(given, 'down-limit', LEAST, MOST);
  const up = size(given, 'up-limit', LEAST, MOST);
  return { ...(down !== undefined && { down: of(down) }), ...(up !== undefined && { up: of(up) }) };
};
