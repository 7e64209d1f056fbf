import fs from 'node:fs';
import os from 'node:os';

/** Start times that are guessed differ by less than this, in milliseconds, when they are of one run of the machine. */
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
 * Distinguishes one run of this machine from the next: what Linux says, elsewhere the time it started at. Asked once.
 */
export const bootId = (): string => (known[0] ??= read());
