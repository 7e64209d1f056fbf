import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AT } from './clients.ts';
import { HOST, listening, World } from './world.ts';

/** What we use of bittorrent-tracker. */
interface Server {
  listen(
    port: number,
    hosts: { readonly http: string; readonly udp: string; readonly udp6: string },
    done: () => void,
  ): void;
  on(event: 'start', heard: (address: string) => void): void;
  close(done: () => void): void;
}
type ServerClass = new (options: {
  readonly http: boolean;
  readonly udp: boolean;
  readonly ws: boolean;
  readonly stats: boolean;
}) => Server;

const CLI = process.env['MAIN'] ?? resolve('dist/src/cli/main.js');
const home = process.env['BITTORRENT_TRACKER'] ?? '';
/** The address of the cable of `run.sh`. */
const HOST6 = 'fd00:77::1';
const NAME = 'tracker.example.org';
const ALONE = ['--no-trackers', '--no-dht', '--no-lsd', '--no-pex'];

let world: World;
let servers: Server[];
let heard: { readonly 4: string[]; readonly 6: string[] };

/** A tracker that knows those who come by its own family, and no others; it asks for nothing of the other. */
const tracker = async (family: 4 | 6): Promise<void> => {
  const { default: ServerOf } = (await import(
    pathToFileURL(join(home, 'node_modules/bittorrent-tracker/server.js')).href
  )) as {
    readonly default: ServerClass;
  };
  const server = new ServerOf({ http: true, udp: true, ws: false, stats: false });
  servers.push(server);
  server.on('start', (address) => heard[family].push(address));
  const hosts = family === 4 ? { http: HOST, udp: HOST, udp6: '::1' } : { http: HOST6, udp: '127.0.0.9', udp6: HOST6 };
  await new Promise<void>((done) => server.listen(6969, hosts, done));
};

beforeEach(async () => {
  world = new World();
  servers = [];
  heard = { 4: [], 6: [] };
  await tracker(4);
  await tracker(6);
});
afterEach(async () => {
  await world.end();
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.close(done))));
});

/** Our own CLI, for which the name leads to both. */
const ours = async (
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> => {
  const hosts = world.path('hosts');
  writeFileSync(hosts, `127.0.0.1 localhost\n${HOST} ${NAME}\n${HOST6} ${NAME}\n`);
  const script = `mount --bind '${hosts}' /etc/hosts && exec "$@"`;
  const child = world.start('unshare', '-m', 'sh', '-c', script, 'sh', process.execPath, CLI, ...args);
  const said = { out: '', err: '' };
  child.stdout?.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, ...said };
};

const eventually = async (holds: () => boolean): Promise<boolean> => {
  for (let tries = 0; tries < 300 && !holds(); tries++) await new Promise((done) => setTimeout(done, 100));
  return holds();
};

describe('a tracker whose name has addresses of both families', () => {
  it('tells us of peers of both: half of the content is where IPv4 alone leads, the rest where IPv6 does', async () => {
    const announce = [[`http://${HOST}:6969/announce`, `http://[${HOST6}]:6969/announce`]];
    const content = world.content('content', [3_000_000], announce);
    const half = (n: number): string => world.lay(content, `half-${n}`, (piece) => piece % 2 === n);
    const peer = (folder: string, at: string) =>
      world.start('/usr/bin/python3', resolve('test/interop/libtorrentPeer.py'), content.torrent, folder, at);
    peer(half(0), `${AT.libtorrent}:7001`);
    peer(half(1), `[${HOST6}]:7002`);
    await listening(7001, AT.libtorrent);
    await listening(7002, HOST6);
    expect(await eventually(() => heard[4].length > 0 && heard[6].length > 0), JSON.stringify(heard)).toBe(true);
    expect([heard[4].join(), heard[6].join()]).toEqual([expect.stringMatching(/^[\d.]+:7001$/), `[${HOST6}]:7002`]);
    const url = `http://${NAME}:6969/announce`;
    const to = ['-o', `${world.path('got')}/`, '--port', '7009', '--timeout', '60'];
    const { code, err } = await ours('download', content.torrent, ...ALONE, '--tracker', url, ...to);
    expect({ code, err: code === 0 ? '' : err.slice(-500) }).toEqual({ code: 0, err: '' });
    expect(world.holds(content, 'got')).toBe(true);
    // And each of the two knows us by its own family.
    expect([heard[4].at(-1), heard[6].at(-1)]).toEqual([expect.stringMatching(/^[\d.]+:7009$/), `[${HOST6}]:7009`]);
  });

  it('hears of us by both over UDP, too', async () => {
    const content = world.content('content', [100_000]);
    await ours(
      'peers',
      content.torrent,
      ...ALONE.slice(0, 3),
      '--tracker',
      `udp://${NAME}:6969`,
      '--port',
      '7009',
      '--timeout',
      '3',
    );
    expect([heard[4], heard[6]]).toEqual([[expect.stringMatching(/^[\d.]+:7009$/)], [`${HOST6}:7009`]]);
  });
});
