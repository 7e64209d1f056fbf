import type { Env } from '../env.ts';
import { nodeEnv } from '../node.ts';
import type { Given } from './io.ts';
import type { Room } from './log/rooms.ts';

/** The outside world for one command; with `--verbose` all that is said to it and by it is a line for `say`. */
export const worldOf = async (given: Given, say: (line: string) => void): Promise<Env> => {
  const rooms = (given['rooms'] ?? []) as readonly Room[];
  if (rooms.length === 0) return nodeEnv();
  const [{ loggedEnv }, { noteLine }] = await Promise.all([import('./log/loggedEnv.ts'), import('./views/note.ts')]);
  return loggedEnv(nodeEnv(), rooms, (note) => say(noteLine(note, new Date())));
};
