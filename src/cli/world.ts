import type { CreateEnv, Env } from '../env.ts';
import { nodeEnv } from '../node.ts';
import type { Given } from './io.ts';
import type { Note, Room } from './log/rooms.ts';

/** The outside world for one command, which keeps no notes if `notes` is false; with `--verbose` all that is said to it and by it is a line for `say`. */
export const worldOf = async (given: Given, say: (line: string) => void): Promise<Env & CreateEnv> => {
  const rooms = (given['rooms'] ?? []) as readonly Room[];
  const env = nodeEnv(given['notes'] === false ? { state: false } : {});
  if (rooms.length === 0) return env;
  const [{ loggedEnv }, { loggedCreateEnv }, { noteLine }] = await Promise.all([
    import('./log/loggedEnv.ts'),
    import('./log/loggedCreateEnv.ts'),
    import('./views/note.ts'),
  ]);
  const tell = (note: Note): void => say(noteLine(note, new Date()));
  return { ...loggedEnv(env, rooms, tell), ...loggedCreateEnv(env, rooms, tell) };
};
