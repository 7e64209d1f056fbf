import type { CreateEnv, Env } from '../../contracts/env.ts';
import { nodeEnv } from '../../node.ts';
import type { Given } from '../io/io.ts';
import { BOOTSTRAP } from '../../discovery/dht/bootstrap.ts';
import { ENCRYPTIONS, type EncryptionNote } from '../../net/mse/encryption.ts';
import { address, oneOf, seconds, texts } from '../args/values.ts';
import type { Web } from '../input/torrentUrl.ts';
import type { Note, Room } from '../args/logRooms.ts';

/**
 * The outside world for one command, and how long the user waits for it. It keeps no notes if `notes` is false; with
 * `--verbose` all that is said to it and by it is a line for `say`.
 */
export const loggedWorld = async (given: Given, say: (line: string) => void): Promise<Env & CreateEnv & Web> => {
  const rooms = (given['rooms'] ?? []) as readonly Room[];
  const within = seconds(given, 'timeout');
  const log: { heard?: (note: EncryptionNote) => void } = {};
  const encryption = oneOf(given, 'encryption', ENCRYPTIONS);
  const ours = nodeEnv({
    ...(given['notes'] === false && { state: false }),
    ...(encryption && { encryption }),
    ...(rooms.includes('mse') && { encryptionNote: (note) => log.heard?.(note) }),
  });
  const env = { ...ours, ...(within !== undefined && { patience: within * 1000 }) };
  if (rooms.length === 0) return env;
  const [{ loggedEnv, mseNote }, { loggedCreateEnv }, { noteLine }] = await Promise.all([
    import('./loggedEnv.ts'),
    import('./loggedCreateEnv.ts'),
    import('../views/note.ts'),
  ]);
  const named = new Set(
    [...BOOTSTRAP, ...texts(given, 'bootstrap').map((each) => address('bootstrap', each))].map(({ host }) => host),
  );
  const tell = (note: Note): void => say(noteLine(note, new Date()));
  log.heard = (note) => tell(mseNote(note));
  return { ...env, ...loggedEnv(env, rooms, tell, (host) => named.has(host)), ...loggedCreateEnv(env, rooms, tell) };
};
