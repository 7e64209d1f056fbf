import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A home for all tests of a run, so that none reads or leaves what programs keep in that of the user, and a place for
 * temporary files, of which nothing stays. Both are in the environment before any test starts, and go away after the
 * last one.
 */
export const setup = (): (() => void) => {
  const home = mkdtempSync(join(tmpdir(), 'rxtorrent-home-'));
  const temporary = join(home, 'tmp');
  mkdirSync(temporary);
  // Some tests run a command as another user, which must reach what it may not read or write.
  for (const folder of [home, temporary]) chmodSync(folder, 0o711);
  Object.assign(process.env, {
    TMPDIR: temporary,
    TEMP: temporary,
    TMP: temporary,
    HOME: home,
    USERPROFILE: home,
    LOCALAPPDATA: join(home, 'local'),
    XDG_STATE_HOME: join(home, 'state'),
  });
  return () => rmSync(home, { recursive: true, force: true });
};
