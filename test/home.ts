import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A home for all tests of a run, so that none reads or leaves what programs keep in that of the user. It is in the
 * environment before any of them starts, and goes away after the last one.
 */
export const setup = (): (() => void) => {
  const home = mkdtempSync(join(tmpdir(), 'rxtorrent-home-'));
  Object.assign(process.env, {
    HOME: home,
    USERPROFILE: home,
    LOCALAPPDATA: join(home, 'local'),
    XDG_STATE_HOME: join(home, 'state'),
  });
  return () => rmSync(home, { recursive: true, force: true });
};
