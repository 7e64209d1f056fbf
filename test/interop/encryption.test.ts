import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mkdirSync } from 'node:fs';
import {
  announced,
  aria2,
  libtorrent,
  opentracker,
  qbittorrent,
  type StartClient,
  transmission,
  webtorrent,
} from './clients.ts';
import { listening, World } from './world.ts';

const SIZES = [1_000_003, 17, 2_500_000];
/** Who insists on encryption, how it goes on, and by which way it is connected then if we leave it to the others. */
const STRICT: readonly (readonly [string, StartClient, 'rc4' | 'plaintext', string])[] = [
  ['libtorrent, RC4 only', libtorrent, 'rc4', 'tcp\\+rc4'],
  ['libtorrent, plaintext only', libtorrent, 'plaintext', 'tcp'],
  ['transmission, encryption required', transmission, 'rc4', '(tcp|tcp\\+rc4)'],
  ['qBittorrent, encryption required', qbittorrent, 'rc4', 'tcp\\+rc4'],
  ['aria2, crypto required', aria2, 'plaintext', 'tcp'],
  ['aria2, RC4 required', aria2, 'rc4', 'tcp\\+rc4'],
];
const LENIENT: readonly (readonly [string, StartClient])[] = [
  ['libtorrent', libtorrent],
  ['transmission', transmission],
  ['aria2', aria2],
  ['WebTorrent', webtorrent],
];

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

const ALONE = ['--no-dht', '--no-lsd', '--json'];

/** We call a client that has all; gives what we said. */
const fromThem = async (
  client: StartClient,
  encrypted: 'rc4' | 'plaintext' | undefined,
  encryption: string,
): Promise<string> => {
  const content = world.content('content', SIZES);
  await opentracker(world, content);
  await client(world, content, world.lay(content, 'seed'), 7001, { ...(encrypted && { encrypted }) });
  await announced(content, 1);
  const options = ['--no-listen', '--timeout', '60', '--encryption', encryption, ...ALONE];
  const { code, out, err } = await world.run('download', content.torrent, '-o', `${world.path('got')}/`, ...options);
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  expect(world.holds(content, 'got')).toBe(true);
  return out;
};

/** A client that has nothing calls us; gives what we said. */
const fromUs = async (
  client: StartClient,
  encrypted: 'rc4' | 'plaintext' | undefined,
  encryption: string,
): Promise<string> => {
  const content = world.content('content', SIZES);
  await opentracker(world, content);
  const seed = world.ours(
    ...['seed', content.torrent, world.lay(content, 'seed'), '--port', '7000'],
    ...['--encryption', encryption, ...ALONE],
  );
  let said = '';
  seed.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await listening(7000);
  await announced(content, 1);
  mkdirSync(world.path('leech'));
  await client(world, content, world.path('leech'), 7001, { ...(encrypted && { encrypted }) });
  const length = SIZES.reduce((sum, size) => sum + size, 0);
  for (let tries = 0; tries < 600; tries++) {
    if (world.pieces(content, 'leech').size === Math.ceil(length / 65_536)) return said;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`it has not got all: ${said.slice(-2_000)}`);
};

const joined = (source: string, road: string): RegExp =>
  new RegExp(`"type":"peer-joined"[^\\n]*"source":"${source}","road":"${road}"`);

describe.each(STRICT)('with %s', (_, client, encrypted, road) => {
  it('we download, as we prefer encryption', async () => {
    expect(await fromThem(client, encrypted, 'prefer')).toMatch(joined('tracker', road));
  });

  it('it downloads from us, who only allow encryption', async () => {
    expect(await fromUs(client, encrypted, 'allow')).toMatch(joined('incoming', road));
  });
});

describe.each(LENIENT)('where we require encryption', (name, client) => {
  it(`we download from ${name}`, async () => {
    const said = await fromThem(client, undefined, 'require');
    expect(said).toMatch(joined('tracker', 'tcp\\+rc4'));
    expect(said).not.toMatch(/"road":"tcp"/);
  });

  it(`${name} downloads from us`, async () => {
    // libtorrent calls plainly first, and comes back only after a minute.
    const said = await fromUs(client, client === libtorrent ? 'rc4' : undefined, 'require');
    expect(said).toMatch(joined('incoming', 'tcp\\+rc4'));
    expect(said).not.toMatch(/"road":"tcp"/);
  });
});
