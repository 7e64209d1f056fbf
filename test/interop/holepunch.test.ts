import { resolve } from 'node:path';
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cable, CLI, eventually, machine, type Machine, type Program } from './machines.ts';
import { type Content, World } from './world.ts';

/** As a router at home: what comes from inside may leave, and only answers come back. */
const RULES = (inside: string): string =>
  `nft add table ip home
nft add chain ip home out { type nat hook postrouting priority 100 \\; }
nft add rule ip home out oifname != ${inside} masquerade
nft add chain ip home through { type filter hook forward priority 0 \\; policy drop \\; }
nft add rule ip home through iifname ${inside} accept
nft add rule ip home through ct state established,related accept
nft add chain ip home here { type filter hook input priority 0 \\; policy drop \\; }
nft add rule ip home here iifname ${inside} accept`;

/** Whoever introduces the others, and where they are seen. */
const [RELAY, ONE, TWO] = ['10.78.1.2:7000', '10.78.2.2:7001', '10.78.4.2:7002'];
const ALONE = ['--no-trackers', '--no-dht', '--no-lsd', '--no-port-mapping', '--json', '--verbose=peer,utp'];

let world: World;
let content: Content;
let middle: Machine;
let relay: Machine;
let one: Machine;
let two: Machine;

/** A machine behind a router of its own. */
const home = async (middle: Machine, nth: number): Promise<Machine> => {
  const [router, inside] = [await machine(world), await machine(world)];
  await cable(middle, router, nth);
  await cable(router, inside, nth + 1);
  await router.sh(`sysctl -qw net.ipv4.ip_forward=1; ip route add default via 10.78.${nth}.1`);
  await router.sh(RULES(`one${nth + 1}`));
  await inside.sh(`ip route add default via 10.78.${nth + 1}.1`);
  return inside;
};

beforeEach(async () => {
  world = new World();
  middle = await machine(world);
  await middle.sh('sysctl -qw net.ipv4.ip_forward=1');
  relay = await machine(world);
  await cable(middle, relay, 1);
  await relay.sh('ip route add default via 10.78.1.1');
  [one, two] = [await home(middle, 2), await home(middle, 4)];
  content = world.content('content', [4_000_000], []);
});
afterEach(() => world.end());

/** The address of a machine itself. */
const inside = (at: Machine): string => (at === relay ? '10.78.1.2' : at === one ? '10.78.3.2' : '10.78.5.2');

/** Ours; whoever seeds has a folder with all in it. */
const ours = (at: Machine, port: number, folder: string, ...options: readonly string[]): Program => {
  const seeds = folder === 'seed';
  const where = seeds
    ? [content.torrent, world.lay(content, folder)]
    : [content.torrent, '-o', `${world.path(folder)}/`];
  const command = [seeds ? 'seed' : 'download', ...where, ...(seeds ? [] : ['--seed'])];
  return at.run(process.execPath, CLI, ...command, '--port', String(port), ...ALONE, ...options);
};

const theirs = (at: Machine, port: number, folder: string, ...words: readonly string[]): Program => {
  if (folder === 'seed') world.lay(content, folder);
  else mkdirSync(world.path(folder), { recursive: true });
  const script = resolve('test/interop/libtorrentPeer.py');
  const listen = `${inside(at)}:${port}`;
  return at.run('/usr/bin/python3', script, content.torrent, world.path(folder), listen, ...words);
};

const punched = (program: Program): RegExpExecArray | null =>
  /"type":"peer-joined"[^\n]*"road":"punched(\+rc4)?"/.exec(program.says());

/** Takes and gives little, so that there is time for the others to meet. */
const SLOW = ['--up-limit', '20K', '--down-limit', '20K'];

const has = (program: Program, pattern: RegExp): Promise<boolean> => eventually(() => pattern.test(program.says()));

/** What they have said last. */
const last = (...programs: readonly Program[]): string =>
  programs.map((each) => each.says().slice(-5_000)).join('\n\n');

/** For whatever comes once a minute. */
const inTime = async (holds: () => boolean): Promise<boolean> => (await eventually(holds)) || (await eventually(holds));

/** Nothing goes from one of the two routers to the other. */
const CLOSED = `nft add table ip gate
nft add chain ip gate between { type filter hook forward priority 0 \\; }
nft add rule ip gate between ip saddr { 10.78.2.2, 10.78.4.2 } ip daddr { 10.78.2.2, 10.78.4.2 } drop`;

const RENDEZVOUS = /> [\d.]+:\d+ +ut_holepunch: rendezvous/;

/** The seed is told of a third peer, and of nobody else for a minute: so it calls only when it is told to. */
const diverted = async (relayed: Program, seed: Program): Promise<void> => {
  const told = relayed.says().length;
  ours(relay, 7003, 'other', '--peer', RELAY, ...SLOW);
  const tells = /> 10\.78\.4\.2:\d+ +ut_pex: 1 peer came/;
  expect(await eventually(() => tells.test(relayed.says().slice(told))), last(relayed, seed)).toBe(true);
};

describe('two peers behind routers', () => {
  it('are introduced by one of ours, and all are ours', async () => {
    const between = ours(relay, 7000, 'relay', ...SLOW);
    const seed = ours(two, 7002, 'seed', '--peer', RELAY);
    await diverted(between, seed);
    const leech = ours(one, 7001, 'got', '--peer', RELAY);
    const met = await eventually(() => punched(leech) !== null && punched(seed) !== null);
    expect(met, last(between, seed, leech)).toBe(true);
    expect(await has(leech, /"type":"done"/), last(leech)).toBe(true);
    expect(world.holds(content, 'got')).toBe(true);
    expect(leech.says()).toContain(`ut_holepunch: rendezvous ${TWO}`);
    expect(seed.says()).toContain(`ut_holepunch: connect ${ONE}`);
  });

  it('are introduced by libtorrent', async () => {
    const between = theirs(relay, 7000, 'relay', '20000', 'utp');
    // It limits nothing at private addresses, and whoever is complete is left by seeds.
    const seed = ours(two, 7002, 'seed', '--peer', RELAY, '--no-tcp', '--up-limit', '20K');
    // It tells both at once, and calls that cross need no introduction: so nothing passes between them at first.
    await middle.sh(CLOSED);
    const leech = ours(one, 7001, 'got', '--peer', RELAY, '--no-tcp');
    const asks = (): boolean => RENDEZVOUS.test(seed.says()) || RENDEZVOUS.test(leech.says());
    expect(await inTime(asks), last(between, seed, leech)).toBe(true);
    await middle.sh('nft delete table ip gate');
    // One of them may have called the other one in vain a moment ago.
    const met = await inTime(() => punched(leech) !== null || punched(seed) !== null);
    expect(met, last(between, seed, leech)).toBe(true);
    expect(await has(leech, new RegExp(`< ${TWO} +block of piece`)), last(leech)).toBe(true);
  });

  it('meet when libtorrent is told to call', async () => {
    const between = ours(relay, 7000, 'relay', ...SLOW);
    const seed = theirs(two, 7002, 'seed', '0', 'both', RELAY);
    await diverted(between, seed);
    const leech = ours(one, 7001, 'got', '--peer', RELAY);
    expect(await inTime(() => punched(leech) !== null), last(between, seed, leech)).toBe(true);
    expect(await has(leech, /"type":"done"/), last(leech)).toBe(true);
    expect(world.holds(content, 'got')).toBe(true);
    expect(leech.says()).toContain(`ut_holepunch: rendezvous ${TWO}`);
  });

  it('meet when libtorrent asks', async () => {
    const between = ours(relay, 7000, 'relay', ...SLOW);
    const seed = ours(two, 7002, 'seed', '--peer', RELAY);
    await diverted(between, seed);
    const leech = theirs(one, 7001, 'got', '0', 'both', RELAY);
    expect(await inTime(() => punched(seed) !== null), last(between, seed, leech)).toBe(true);
    expect(await has(leech, /seeding 1\.000/), last(leech)).toBe(true);
    expect(world.holds(content, 'got')).toBe(true);
    expect(between.says()).toMatch(new RegExp(`< ${ONE}.*ut_holepunch: rendezvous ${TWO}`));
    expect(RENDEZVOUS.test(seed.says())).toBe(false);
  });
});
