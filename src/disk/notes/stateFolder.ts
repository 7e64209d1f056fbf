import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder in which programs keep state between runs that needs no backup. */
const base = ({ XDG_STATE_HOME, LOCALAPPDATA }: NodeJS.ProcessEnv, platform: NodeJS.Platform): string => {
  if (platform === 'win32') return LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local');
  if (XDG_STATE_HOME?.startsWith('/')) return XDG_STATE_HOME;
  return platform === 'darwin' ? join(homedir(), 'Library', 'Application Support') : join(homedir(), '.local', 'state');
};

/** Our own folder in it. */
export const stateFolder = (
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string => join(base(environment, platform), 'rxtorrent');
