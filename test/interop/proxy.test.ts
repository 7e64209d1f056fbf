import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cable, CLI, eventually, machine, type Machine, type Program } from './machines.ts';
import { type Content, World } from './world.ts';

/** The proxy, as we see it; and where seed and tracker are, to which it would also forward packets. */
const [PROXY, AWAY] = ['10.78.1.2', '10.78.2.2'];
const NAME = 'tracker.example';

let world: World;
let here: Machine;
let between: Machine;
let there: Machine;
let content: Content;
let packets: () => readonly string[];

beforeEach(async () => {
  world = new World();
  [here, between, there] = [await machine(world), await machine(world), await machine(world)];
  await cable(here, between, 1);
  await cable(between, there, 2);
  await between.sh('sysctl -qw net.ipv4.ip_forward=1');
  // Who does not keep to the proxy gets everywhere, and is seen.
  await here.sh(`ip route add default via ${PROXY}`);
  await there.sh('ip route add default via 10.78.2.1');
  content = world.content('content', [2_000_000], []);
  // Debian's opentracker answers only for torrents on its white list, which it reads as nobody.
  writeFileSync(world.path('whitelist'), `${content.infoHash}\n`);
  chmodSync(world.folder, 0o755);
  there.run('opentracker', '-i', AWAY, '-p', '6969', '-P', '6969', '-d', world.folder, '-w', 'whitelist');
  const tracker = ['--tracker', `http://${AWAY}:6969/announce`];
  const alone = ['--no-dht', '--no-lsd', '--port', '7000', '--up-limit', '400K'];
  const seed = world.lay(content, 'seed');
  const seeding = there.run(process.execPath, CLI, 'seed', content.torrent, seed, ...tracker, ...alone, '--verbose');
  expect(await eventually(() => / next announce in /.test(seeding.says())), seeding.says().slice(-500)).toBe(true);
  packets = await here.packets();
});
afterEach(() => world.end());

const downloading = (proxy: string, ...options: readonly string[]): Program =>
  here.run(
    process.execPath,
    CLI,
    'download',
    content.torrent,
    '-o',
    `${world.path('got')}/`,
    ...['--proxy', proxy, '--bootstrap', `${AWAY}:7100`, '--verbose', '--record', world.path('record')],
    ...options,
  );

const running = async (kind: string): Promise<Program> => {
  const at = `${PROXY}:1080`;
  const proxy = between.run('/usr/bin/python3', resolve('test/interop/proxy.py'), at, kind, `${NAME}=${AWAY}`);
  expect(await eventually(() => proxy.says().includes('listening')), proxy.says()).toBe(true);
  return proxy;
};

/** Packets to anybody but the proxy: there are to be none. */
const strays = (): readonly string[] => packets().filter((line) => line.split(' ')[2] !== PROXY);
const complete = async (download: Program): Promise<void> => {
  expect([await download.ended, download.says().slice(-1500)]).toEqual([0, expect.any(String)]);
  expect(world.holds(content, 'got')).toBe(true);
  expect([strays(), packets().length > 50]).toEqual([[], true]);
};
const HTTP = ['--tracker', `http://${AWAY}:6969/announce`];

describe('--proxy', () => {
  it('reaches peers and trackers by microsocks, which relays no UDP, and shows its password nowhere', async () => {
    between.run('microsocks', '-i', PROXY, '-p', '1080', '-u', 'me', '-P', 'pass-word');
    const download = downloading('socks5://me:pass-word@10.78.1.2', ...HTTP, '--tracker', `udp://${AWAY}:6969`);
    await complete(download);
    expect(download.says()).toMatch(/warning: the DHT node: 10\.78\.1\.2:1080: the proxy does not relay UDP/);
    expect(download.says()).toMatch(/ proxy {3}· 10\.78\.2\.2:7000 {2}by socks5:\/\/10\.78\.1\.2:1080/);
    expect(packets().filter((line) => !line.includes(' tcp '))).toEqual([]);
    for (const text of [download.says(), readFileSync(world.path('record'), 'latin1')])
      expect(text).not.toContain('pass-word');
    const wrong = here.run(
      process.execPath,
      CLI,
      'peers',
      content.torrent,
      '--proxy',
      'socks5://me:other@10.78.1.2',
      '--verbose',
      '--no-dht',
      ...HTTP,
    );
    expect(await eventually(() => wrong.says().includes('the proxy does not know this user and password'))).toBe(true);
  });

  it('relays UDP by SOCKS5, also for names that only the proxy knows', async () => {
    const proxy = await running('socks5');
    await complete(downloading(`socks5://${PROXY}`, '--tracker', `udp://${NAME}:6969`));
    expect(proxy.says()).toContain(`for ${NAME}`);
  });

  it.each(['socks4a', 'http'])('speaks %s, with names that only the proxy knows', async (kind) => {
    const proxy = await running(kind);
    await complete(downloading(`${kind}://${PROXY}:1080`, '--tracker', `http://${NAME}:6969/announce`));
    expect(proxy.says()).toContain(`for ${NAME}`);
  });

  it('is never bypassed: when it dies everything stops, and goes on when it is back', async () => {
    const first = between.run('microsocks', '-i', PROXY, '-p', '1080');
    const download = downloading(`socks5://${PROXY}`, ...HTTP, '--no-dht');
    const stored = () => download.says().split('piece').length;
    expect(await eventually(() => packets().length > 300), download.says().slice(-900)).toBe(true);
    await between.sh('kill $(pgrep -x microsocks)');
    await first.ended;
    await new Promise((done) => setTimeout(done, 1000));
    const before = stored();
    await new Promise((done) => setTimeout(done, 4000));
    expect(strays()).toEqual([]);
    expect(before).toBeGreaterThan(0);
    between.run('microsocks', '-i', PROXY, '-p', '1080');
    await complete(download);
  });
});
