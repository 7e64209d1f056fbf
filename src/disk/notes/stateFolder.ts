import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where programs keep what is worth keeping between runs, but not worth a backup. */
const base = ({ XDG_STATE_HOME, LOCALAPPDATA }: NodeJS.ProcessEnv, platform: NodeJS.Platform): string => {
  if (platform === 'win32') return LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local');
  if (XDG_STATE_HOME?.startsWith('/')) return XDG_STATE_HOME;
  return platform === 'darwin' ? join(homedir(), 'Library', 'Application Support') : join(homedir(), '.local', 'state');
};

/** The folder of our own there. */
export const stateFolder = (
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string => join(base(environment, platform), 'rxtorrent');
