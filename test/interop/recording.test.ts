import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announced, aria2, libtorrent, linkTo, opentracker, transmission, webtorrent } from './clients.ts';
import { World } from './world.ts';

const clients = { libtorrent, aria2, transmission, webtorrent };

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

/** Records a download from these, and runs it again. */
const twice = async (from: typeof clients | Partial<typeof clients>, link = false): Promise<void> => {
  const content = world.content('content', [6_000_000, 5, 500_000]);
  await opentracker(world, content);
  let port = 7001;
  for (const [name, client] of Object.entries(from))
    await client(world, content, world.lay(content, `seed-${name}`), port++, { limit: 2_000_000 });
  await announced(content, Object.keys(from).length);
  const file = world.path('a.rxrec');
  const source = link ? linkTo(content).torrent : content.torrent;
  const to = ['-o', `${world.path('got')}/`, '--timeout', '60', '--record', file];
  const { code, err } = await world.run('download', source, ...to);
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  expect(statSync(file).size).toBeLessThan(6_500_005 * 0.02);
  const again = await world.run('replay', file);
  expect({ code: again.code, err: again.err }).toEqual({ code: 0, err: '' });
};

describe('a recorded download is the same again', () => {
  it.each(Object.entries(clients))('from a seed of %s', (name, client) => twice({ [name]: client }));
  it('from all of them at once', () => twice(clients));
  it('of a magnet link', () => twice({ libtorrent }, true));
});
