import { create, type CreateOptions } from '../../create.ts';
import type { Created, CreateEvent } from '../../contracts/events.ts';
import { InvariantError } from '../../contracts/errors.ts';
import { follow } from '../io/follow.ts';
import type { Given, Io } from '../io/io.ts';
import { flag } from '../args/values.ts';
import { live } from '../views/live.ts';
import { hashingLines } from '../views/progress.ts';
import { visible } from '../io/text.ts';
import { loggedWorld } from '../log/loggedWorld.ts';

/**
 * A torrent of the file or folder at `source`, made while the user looks on. Nothing is written.
 * @throws as `create` does
 */
export const hashed = async (source: string, options: CreateOptions, given: Given, io: Io): Promise<Created> => {
  const { json } = io;
  const silent = flag(given, 'quiet') || json !== undefined;
  let say = io.say;
  const env = await loggedWorld(given, (line) => say(line));
  const view = await live(io, `hashing ${visible(source)}`, silent);
  say = (line) => view.say(line);
  const began = performance.now();
  let created: Created | undefined;
  const see = (event: CreateEvent): void => {
    if (event.type === 'created') return void (created = event);
    json?.tell(event);
    if (event.type === 'warning') return void (silent || view.say(`warning: ${visible(event.message)}`));
    const moment = { ...event, elapsed: performance.now() - began };
    view.show({ lines: (width) => hashingLines(moment, width), line: () => hashingLines(moment, 100).join('') });
  };
  try {
    await follow(create(source, env, options), io, see);
  } finally {
    view.end();
  }
  if (created === undefined) throw new InvariantError('hashing has ended without a torrent');
  return created;
};
