import fs from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { tempFolder } from './torrents.ts';

/** Memory as a disk, where Linux has it. */
const SHM = '/dev/shm';

/** A folder on another disk than {@link tempFolder}, if this machine has one that we may write to. */
export const otherDisk = (): string => {
  const here = tempFolder();
  try {
    if (fs.statSync(SHM).dev === fs.statSync(here).dev) return here;
    const there = fs.mkdtempSync(path.join(SHM, 'rxtorrent-'));
    onTestFinished(() => fs.rmSync(there, { recursive: true, force: true }));
    return there;
  } catch {
    return here;
  }
};
