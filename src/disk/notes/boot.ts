import fs from 'node:fs';
import os from 'node:os';

/** Estimated start times of the same run of the machine differ by less than this, in milliseconds. */
const SLACK = 10_000;

const read = (): string => {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().slice(0, 64);
  } catch {
    return `since-${Math.round((Date.now() - os.uptime() * 1000) / SLACK)}`;
  }
};

const known: string[] = [];

/**
 * Identifies one run of this machine: by Linux's boot id, elsewhere by the time at which it started. Determined once.
 */
export const bootId = (): string => (known[0] ??= read());
