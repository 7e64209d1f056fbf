import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mkdirSync } from 'node:fs';
import {
  announced,
  libtorrent,
  opentracker,
  qbittorrent,
  type StartClient,
  transmission,
  type Ways,
} from './clients.ts';
import { listening, World } from './world.ts';

const SIZES = [1_000_003, 17, 6_500_000];
/** Where peers are told that we are. */
const OURS = '10.77.0.2';
/** As they like. */
const ROAD = '(utp|utp\\+rc4)';
const ALONE = ['--no-dht', '--no-lsd', '--json'];

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

const joined = (source: string, road: string): RegExp =>
  new RegExp(`"type":"peer-joined"[^\\n]*"source":"${source}","road":"${road}"`);

/** We call a client that has all; gives what we said. */
const fromThem = async (client: StartClient, ways: Ways, ...options: readonly string[]): Promise<string> => {
  const content = world.content('content', SIZES);
  await opentracker(world, content);
  await client(world, content, world.lay(content, 'seed'), 7001, ways);
  await announced(content, 1);
  const common = ['--no-listen', '--timeout', '60', ...ALONE, ...options];
  const { code, out, err } = await world.run('download', content.torrent, '-o', `${world.path('got')}/`, ...common);
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  expect(world.holds(content, 'got')).toBe(true);
  return out;
};

/** A client that has nothing calls us; gives what we said. */
const fromUs = async (client: StartClient, ways: Ways, ...options: readonly string[]): Promise<string> => {
  const content = world.content('content', SIZES);
  await opentracker(world, content);
  // There are several addresses here, and what is sent from a socket of all of them leaves from one.
  const at = ['--port', '7000', '--bind', OURS];
  const seed = world.ours('seed', content.torrent, world.lay(content, 'seed'), ...at, ...ALONE, ...options);
  let said = '';
  seed.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  if (!options.includes('--no-tcp')) await listening(7000, OURS);
  await announced(content, 1);
  mkdirSync(world.path('leech'));
  await client(world, content, world.path('leech'), 7001, ways);
  const length = SIZES.reduce((sum, size) => sum + size, 0);
  for (let tries = 0; tries < 600; tries++) {
    if (world.pieces(content, 'leech').size === Math.ceil(length / 65_536)) return said;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`it has not got all: ${said.slice(-2_000)}`);
};

describe.each([
  ['libtorrent', libtorrent],
  ['qBittorrent', qbittorrent],
] as const)('with %s, which speaks uTP only', (_, client) => {
  it('we download, by default', async () => {
    expect(await fromThem(client, { utp: true })).toMatch(joined('tracker', ROAD));
  });

  it('we download encrypted', async () => {
    const said = await fromThem(client, { utp: true, encrypted: 'rc4' }, '--no-tcp', '--encryption', 'require');
    expect(said).toMatch(joined('tracker', 'utp\\+rc4'));
  });

  it('it downloads from us', async () => {
    expect(await fromUs(client, { utp: true })).toMatch(joined('incoming', ROAD));
  });
});

describe('with transmission, which speaks uTP, too', () => {
  it('we download by uTP only', async () => {
    expect(await fromThem(transmission, { utp: true }, '--no-tcp')).toMatch(joined('tracker', ROAD));
  });

  it('it downloads from us by uTP only', async () => {
    expect(await fromUs(transmission, { utp: true }, '--no-tcp')).toMatch(joined('incoming', ROAD));
  });
});
