import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cable, CLI, eventually, machine, type Machine, type Program } from './machines.ts';
import { type Content, World } from './world.ts';

const ALONE = ['--no-trackers', '--no-dht', '--no-lsd'];
/** Where the seed is: at the other end of the first cable, and behind the second one, too. */
const SEED = '10.78.1.2';

let world: World;
let here: Machine;
let there: Machine;
let content: Content;

beforeEach(async () => {
  world = new World();
  [here, there] = [await machine(world), await machine(world)];
  await cable(here, there, 1);
  await cable(here, there, 2);
  // A way around, which is open to whoever is not bound.
  await here.sh('ip route add 10.78.1.0/24 via 10.78.2.2 metric 500');
  await there.sh('sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.two2.rp_filter=0');
  content = world.content('content', [3_000_000], []);
  const seed = world.lay(content, 'seed');
  there.run(process.execPath, CLI, 'seed', content.torrent, seed, ...ALONE, '--port', '7000', '--up-limit', '300K');
});
afterEach(() => world.end());

const downloading = (...options: readonly string[]): Program =>
  here.run(
    process.execPath,
    CLI,
    'download',
    content.torrent,
    '-o',
    `${world.path('got')}/`,
    ...ALONE,
    '--peer',
    `${SEED}:7000`,
    '--json',
    ...options,
  );

const pieces = (download: Program): number => download.says().split('"type":"stored"').length - 1;
const joins = (download: Program): number => download.says().split('"type":"peer-joined"').length - 1;
const by = (packets: readonly string[], name: string): readonly string[] =>
  packets.filter((line) => line.startsWith(`${name} `));

describe('--bind', () => {
  it('goes by its interface or not at all: taken away in the middle of a download, and given back', async () => {
    const packets = await here.packets();
    const download = downloading('--bind', 'one1', '--port', '7001');
    expect(await eventually(() => pieces(download) >= 5), download.says().slice(-500)).toBe(true);
    await here.sh('ip addr flush dev one1');
    await new Promise((done) => setTimeout(done, 1500));
    const stopped = pieces(download);
    const sent = packets().length;
    await new Promise((done) => setTimeout(done, 4000));
    expect([pieces(download), packets().length]).toEqual([stopped, sent]);
    expect(by(packets(), 'one2')).toEqual([]);
    await here.sh('ip addr add 10.78.1.1/24 dev one1');
    expect(await eventually(() => download.says().includes('"type":"done"')), download.says().slice(-500)).toBe(true);
    expect([by(packets(), 'one2'), by(packets(), 'one1').length > 100]).toEqual([[], true]);
    expect(world.holds(content, 'got')).toBe(true);
  });

  it('stops when the interface goes down and keeps its address: nothing goes on by another way', async () => {
    const packets = await here.packets();
    const download = downloading('--bind', 'one1', '--port', '7001');
    expect(await eventually(() => pieces(download) >= 5), download.says().slice(-500)).toBe(true);
    await here.sh('ip link set one1 down');
    await new Promise((done) => setTimeout(done, 1500));
    const [stopped, left] = [pieces(download), by(packets(), 'one2').length];
    await new Promise((done) => setTimeout(done, 4000));
    expect([pieces(download), by(packets(), 'one2').length]).toEqual([stopped, left]);
    await here.sh('ip link set one1 up');
    expect(await eventually(() => download.says().includes('"type":"done"')), download.says().slice(-500)).toBe(true);
  });

  it.each([['TCP'], ['uTP']])('does not hold it against peers by %s, and dials them within seconds', async (road) => {
    const ways = road === 'uTP' ? ['--no-tcp'] : ['--no-utp'];
    const download = downloading('--bind', 'one1', '--port', '7001', ...ways);
    expect(await eventually(() => pieces(download) >= 2), download.says().slice(-500)).toBe(true);
    // The seed may have been called before it listened.
    const until = download.says().length;
    await here.sh('ip addr flush dev one1');
    await new Promise((done) => setTimeout(done, 25_000));
    const said = download.says().slice(until);
    expect(said).toContain('"reason":"no-room"');
    expect(said).not.toMatch(/"reason":"(unreachable|timeout|refused|reset|closed)"/);
    const [before, had] = [joins(download), pieces(download)];
    await here.sh('ip addr add 10.78.1.1/24 dev one1');
    for (let tries = 0; tries < 60 && joins(download) === before; tries++)
      await new Promise((done) => setTimeout(done, 100));
    expect(joins(download), download.says().slice(-1_500)).toBe(before + 1);
    expect(await eventually(() => pieces(download) > had)).toBe(true);
  });

  it('is refused where there is no such interface', async () => {
    const download = downloading('--bind', 'tun9');
    expect(await download.ended).toBe(2);
    expect(download.says()).toContain('--bind \\"tun9\\": no address or interface that is up: it has lo (127.0.0.1');
  });
});
