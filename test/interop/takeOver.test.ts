import { mkdirSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TinyTracker } from '../swarm/tracker.ts';
import { AT, libtorrent, type StartClient } from './clients.ts';
import { HOST, listening, World } from './world.ts';

const MiB = 2 ** 20;
const PIECE = 65_536;
/** Bytes a second that our seed gives: slow enough to be stopped in the middle. */
const RATE = 1.5 * MiB;
const quiet = ['--no-dht', '--no-lsd'];

let world: World;
let tracker: TinyTracker;

beforeEach(async () => {
  world = new World();
  tracker = await TinyTracker.listen([{ host: HOST, port: 7000 }]);
});
afterEach(async () => {
  await world.end();
  await tracker.close();
});

const aria2 =
  (allocation: string): StartClient =>
  async (there, { torrent }, folder, port) => {
    const alone = [
      '--enable-dht=false',
      '--enable-dht6=false',
      '--bt-enable-lpd=false',
      '--enable-peer-exchange=false',
      `--interface=${AT.aria2}`,
    ];
    there.start(
      'aria2c',
      ...alone,
      `--file-allocation=${allocation}`,
      '--disk-cache=0',
      `--listen-port=${port}`,
      '-d',
      folder,
      torrent,
    );
    await listening(port, AT.aria2);
  };

const clients: readonly (readonly [name: string, start: StartClient])[] = [
  ['aria2, that reserves all room first', aria2('prealloc')],
  ['aria2, whose files grow', aria2('none')],
  ['libtorrent, whose files have holes', libtorrent],
];

describe.each(clients)('what %s and has not finished', (_, start) => {
  it('is taken over: only what is missing is fetched, and nothing hidden stays', async () => {
    const content = world.content('big', [3 * MiB, 5 * MiB, 1000], [[tracker.url]]);
    const seed = world.ours(
      'seed',
      content.torrent,
      world.lay(content, 'ours'),
      ...quiet,
      '--no-trackers',
      '--port',
      '7000',
      '--up-limit',
      String(RATE),
    );
    await listening(7000);
    mkdirSync(world.path('theirs'));
    await start(world, content, world.path('theirs'), 7001);
    for (let tries = 0; tries < 200 && world.pieces(content, 'theirs').size < 20; tries++)
      await new Promise((done) => setTimeout(done, 100));
    await world.stop((args) => args.includes(content.torrent) && !args.includes('seed'));
    const before = world.pieces(content, 'theirs').size;
    expect(before).toBeGreaterThanOrEqual(20);
    expect(before).toBeLessThan(129);
    const { code, out, err } = await world.run(
      'download',
      content.torrent,
      '-o',
      world.path('theirs'),
      ...quiet,
      '--no-trackers',
      '--peer',
      `${HOST}:7000`,
      '--json',
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(world.holds(content, 'theirs')).toBe(true);
    const fetched = out.split('\n').filter((line) => line.includes('"type":"stored"')).length;
    expect(fetched).toBeLessThanOrEqual(Math.ceil((8 * MiB + 1000) / PIECE) - before);
    expect(readdirSync(world.path('theirs')).filter((name) => name.includes('rxtorrent'))).toEqual([]);
    seed.kill();
  });
});
