import { readFileSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { bodiesOf } from '../recording/bodies.ts';
import { announced, aria2, libtorrent, linkTo, opentracker, transmission, webtorrent } from './clients.ts';
import { World } from './world.ts';

const clients = { libtorrent, aria2, transmission, webtorrent };

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => {
  vi.restoreAllMocks();
  return world.end();
});

/** Records a download from these, and runs it again. Returns where the recording is. */
const twice = async (from: typeof clients | Partial<typeof clients>, link = false): Promise<string> => {
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
  return file;
};

/** The tests that `draw --test` makes of a recording, and how often somebody is asked for blocks in them. */
const drawnOf = async (file: string) => {
  const test = `${file}.marbles.ts`;
  const { code, err } = await world.run('draw', file, '--test', test);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const source = readFileSync(test, 'utf8');
  return { bodies: bodiesOf(source), asked: source.match(/ asks {3}.*R/g)?.length ?? 0 };
};

const oneLess = (): void => {
  const next = PiecePicker.prototype.next;
  vi.spyOn(PiecePicker.prototype, 'next').mockImplementation(function (this: PiecePicker, ...args) {
    const [who, source, have, count, ...more] = args;
    return next.call(this, who, source, have, Math.max(1, count - 1), ...more);
  });
};

describe('a recorded download is the same again', () => {
  it.each(Object.entries(clients))(
    'from a seed of %s, and a test that a changed client fails',
    async (name, client) => {
      const { bodies, asked } = await drawnOf(await twice({ [name]: client }));
      expect(asked).toBeGreaterThan(3);
      for (const body of bodies) body();
      oneLess();
      for (const body of bodies) expect(body).toThrow('not as drawn');
    },
  );

  it('from all of them at once', async () => {
    const { bodies, asked } = await drawnOf(await twice(clients));
    expect(asked).toBeGreaterThan(3);
    for (const body of bodies) body();
  });

  it('of a magnet link, and a test that a changed client fails', async () => {
    const { bodies, asked } = await drawnOf(await twice({ libtorrent, transmission }, true));
    expect(asked).toBeGreaterThan(3);
    for (const body of bodies) body();
    oneLess();
    for (const body of bodies) expect(body).toThrow('not as drawn');
  });
});
