import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cable, CLI, eventually, machine, type Machine, type Program } from './machines.ts';
import { type Content, World } from './world.ts';

/** Everybody else, and their tracker. */
const THEM = 'fd00:78::2';
const TRACKER = `http://[${THEM}]:6969/announce`;
const home = process.env['BITTORRENT_TRACKER'] ?? '';
/** Ways to peers that can be switched off. */
const [DHT, LSD, PEX] = ['--no-dht', '--no-lsd', '--no-pex'];

let world: World;
let here: Machine;
let there: Machine;

/** Takes all addresses of IPv4 away. */
const onlySix = (at: Machine, name: string, address: string): Promise<void> =>
  at.sh(`ip -4 addr flush dev lo; ip -4 addr flush dev ${name}; ip -6 addr add ${address}/64 dev ${name} nodad`);

beforeEach(async () => {
  world = new World();
  [here, there] = [await machine(world), await machine(world)];
  await cable(here, there, 1);
  await onlySix(here, 'one1', 'fd00:78::1');
  await onlySix(there, 'two1', THEM);
});
afterEach(() => world.end());

const ours = (at: Machine, ...command: readonly string[]): Program =>
  at.run(process.execPath, CLI, ...command, '--no-port-mapping', '--json');

/** Nobody can call it: so it is connected with whom it has found itself. */
const downloading = (content: Content, ...options: readonly string[]): Program =>
  ours(here, 'download', content.torrent, '-o', `${world.path('got')}/`, '--no-listen', ...options);

const libtorrent = (content: Content, folder: string, port: number, ...words: readonly string[]): Program => {
  mkdirSync(world.path(folder), { recursive: true });
  const script = resolve('test/interop/libtorrentPeer.py');
  const at = `[${THEM}]:${port}`;
  return there.run('/usr/bin/python3', script, content.torrent, world.path(folder), at, '0', ...words);
};

const tracker = async (): Promise<void> => {
  const server = pathToFileURL(join(home, 'node_modules/bittorrent-tracker/server.js')).href;
  const hosts = JSON.stringify({ http: THEM, udp: '127.0.0.9', udp6: THEM });
  const program = `import Server from '${server}';
    const server = new Server({ http: true, udp: true, ws: false, stats: false });
    server.on('error', () => {});
    server.listen(6969, ${hosts}, () => console.log('listens'));
    setTimeout(() => console.log('listens'), 2_000);`;
  const running = there.run(process.execPath, '--input-type=module', '-e', program);
  expect(await eventually(() => running.says().includes('listens')), running.says()).toBe(true);
};

/** It has ended well with all of the content, from peers that were found so. */
const complete = async (download: Program, content: Content, source: string): Promise<void> => {
  const ended = await eventually(() => download.says().includes('"type":"done"'));
  expect(ended, download.says().slice(-2_000)).toBe(true);
  expect(world.holds(content, 'got')).toBe(true);
  const joined = new RegExp(`"type":"peer-joined"[^\\n]*"host":"(${THEM}|fe80::[^"]*)"[^\\n]*"source":"${source}"`);
  expect(joined.test(download.says()), download.says().slice(-2_000)).toBe(true);
};

describe('a machine that has no address of IPv4', () => {
  // By UDP this tracker tells of IPv4 only.
  it('downloads from libtorrent, of which it hears from a tracker', async () => {
    await tracker();
    const content = world.content('content', [1_000_003], [[TRACKER]]);
    world.lay(content, 'seed');
    const seed = libtorrent(content, 'seed', 7001);
    expect(await eventually(() => seed.says().includes('seeding'))).toBe(true);
    const download = downloading(content, '--no-trackers', '--tracker', TRACKER, DHT, LSD, PEX);
    await complete(download, content, 'tracker');
  });

  it('gives to libtorrent, which hears of it from the tracker', async () => {
    await tracker();
    const content = world.content('content', [1_000_003], [[TRACKER]]);
    const seed = ours(here, 'seed', content.torrent, world.lay(content, 'seed'), DHT, LSD, PEX);
    expect(await eventually(() => seed.says().includes('"type":"port-open"')), seed.says()).toBe(true);
    expect(await eventually(() => seed.says().includes('"state":"working"')), seed.says().slice(-2_000)).toBe(true);
    const leech = libtorrent(content, 'leech', 7001);
    expect(await eventually(() => leech.says().includes('seeding 1.000')), leech.says().slice(-500)).toBe(true);
    expect(world.holds(content, 'leech')).toBe(true);
    expect(seed.says()).toMatch(new RegExp(`"type":"peer-joined"[^\\n]*"host":"${THEM}"[^\\n]*"source":"incoming"`));
  });

  it('finds a seed in the DHT, by a node of libtorrent', async () => {
    const content = world.content('content', [1_000_003], []);
    const node = `[${THEM}]:7101`;
    const script = resolve('test/interop/libtorrentDht.py');
    const router = there.run('/usr/bin/python3', script, node, '-');
    expect(await eventually(() => router.says().includes('nodes')), router.says()).toBe(true);
    const alone = ['--no-trackers', LSD, PEX, '--bootstrap', node];
    const folder = world.lay(content, 'seed');
    const seed = ours(
      there,
      'seed',
      content.torrent,
      folder,
      ...alone,
      '--port',
      '7002',
      '--node-file',
      world.path('one'),
    );
    expect(await eventually(() => router.says().includes('told')), seed.says().slice(-1_000)).toBe(true);
    const download = downloading(content, ...alone, '--node-file', world.path('other'));
    await complete(download, content, 'dht');
  });

  it('finds libtorrent in the local network', async () => {
    const content = world.content('content', [1_000_003], []);
    world.lay(content, 'seed');
    const seed = libtorrent(content, 'seed', 7001, 'lsd');
    expect(await eventually(() => seed.says().includes('seeding'))).toBe(true);
    await complete(downloading(content, '--no-trackers', DHT, PEX), content, 'lsd');
  });

  it('hears of libtorrent from a peer that it knows', async () => {
    const content = world.content('content', [1_000_003], []);
    world.lay(content, 'seed');
    const seed = libtorrent(content, 'seed', 7001);
    expect(await eventually(() => seed.says().includes('seeding'))).toBe(true);
    const alone = ['--no-trackers', DHT, LSD];
    const slow = ['--up-limit', '20K', '--down-limit', '20K', '--port', '7002'];
    const between = [...alone, ...slow, '--peer', `[${THEM}]:7001`];
    const relay = ours(there, 'download', content.torrent, '-o', `${world.path('relay')}/`, ...between);
    expect(await eventually(() => relay.says().includes('"type":"peer-joined"')), relay.says().slice(-500)).toBe(true);
    await complete(downloading(content, ...alone, '--peer', `[${THEM}]:7002`), content, 'pex');
  });
});
