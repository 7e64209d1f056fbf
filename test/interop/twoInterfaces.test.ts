import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Content, World } from './world.ts';

const CLI = process.env['MAIN'] ?? resolve('dist/src/cli/main.js');
const ALONE = ['--no-trackers', '--no-dht'];
/** Where we are on the two cables, of which the first has our default route, and the neighbour on the second. */
const [FIRST, SECOND, NEIGHBOUR] = ['10.78.1.1', '10.78.2.1', '10.78.2.2'];

let world: World;
/** Two machines, by the processes that keep their namespaces. */
let here: string;
let there: string;

const sh = async (command: string): Promise<void> => {
  const child = spawn('sh', ['-ec', command], { stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  expect([code, err]).toEqual([0, '']);
};

/** A machine of its own, without any cable. */
const machine = async (): Promise<string> => {
  const child = world.start('unshare', '-n', 'sh', '-ec', 'ip link set lo up; echo up; exec sleep 1000');
  await once(child.stdout ?? child, 'data');
  return String(child.pid);
};

beforeEach(async () => {
  world = new World();
  [here, there] = [await machine(), await machine()];
  for (const nth of [1, 2]) {
    await sh(`ip link add one${nth} netns ${here} type veth peer name two${nth} netns ${there}`);
    await sh(`nsenter -t ${here} -n sh -ec 'ip addr add 10.78.${nth}.1/24 dev one${nth}; ip link set one${nth} up'`);
    await sh(`nsenter -t ${there} -n sh -ec 'ip addr add 10.78.${nth}.2/24 dev two${nth}; ip link set two${nth} up'`);
  }
  await sh(`nsenter -t ${here} -n ip route add default via 10.78.1.2 src ${FIRST}`);
});
afterEach(() => world.end());

/** A program on one of them, and what it has said so far. */
const on = (where: string, ...command: readonly string[]) => {
  const child = world.start('nsenter', '-t', where, '-n', ...command);
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  return { says: () => out, ended: new Promise<number | null>((done) => child.once('close', done)) };
};

const neighbour = ({ torrent }: Content, folder: string) =>
  on(
    there,
    '/usr/bin/python3',
    resolve('test/interop/libtorrentPeer.py'),
    torrent,
    folder,
    `${NEIGHBOUR}:7002`,
    '0',
    'lsd',
  );

/** The interfaces here on which somebody has joined the group of BEP 14. */
const groups = async (): Promise<readonly string[]> => {
  const look = on(here, 'cat', '/proc/net/igmp');
  await look.ended;
  return look.says().match(/8F98C0EF|EFC0988F/g) ?? [];
};

/** Packets to groups that the neighbour's machine has sent. */
const multicasts = async (): Promise<number> => {
  const look = on(there, 'cat', '/proc/net/netstat');
  await look.ended;
  const [names, counts] = look.says().match(/^IpExt: .*$/gm) ?? [];
  const values = counts?.split(' ') ?? [];
  return Number(values[names?.split(' ').indexOf('OutMcastPkts') ?? -1]);
};

/** Ends once nothing more has gone to any group for ten seconds: libtorrent says its first word three times. */
const quiet = async (): Promise<void> => {
  for (let [before, calm] = [-1, 0]; calm < 10; ) {
    await new Promise((done) => setTimeout(done, 1000));
    const now = await multicasts();
    expect(now).toBeGreaterThanOrEqual(0);
    [before, calm] = [now, now === before ? calm + 1 : 0];
  }
};

const eventually = async (holds: () => boolean | Promise<boolean>): Promise<boolean> => {
  for (let tries = 0; tries < 400 && !(await holds()); tries++) await new Promise((done) => setTimeout(done, 100));
  return holds();
};

describe('local discovery where the neighbour is not on the interface of the default route', () => {
  it('finds libtorrent there', async () => {
    const content = world.content('content', [1_000_000], []);
    const ours = on(here, process.execPath, CLI, 'peers', content.torrent, ...ALONE, '--count', '1', '--timeout', '60');
    // Its first words are heard only by those who have joined its group by then, on both cables.
    expect(await eventually(async () => (await groups()).length === 2)).toBe(true);
    const theirs = neighbour(content, world.lay(content, 'seed'));
    expect([await ours.ended, ours.says()], theirs.says().slice(-300)).toEqual([
      0,
      expect.stringContaining(`${NEIGHBOUR}:7002`),
    ]);
  });

  it('is heard by libtorrent there, which gets all from us', async () => {
    const content = world.content('content', [2_000_000], []);
    const theirs = neighbour(content, world.path('got'));
    expect(await eventually(() => /^downloading /m.test(theirs.says()))).toBe(true);
    // Had we heard it first, we should dial it, and it would know us from that instead of from what we say.
    await quiet();
    on(
      here,
      process.execPath,
      CLI,
      'seed',
      content.torrent,
      world.lay(content, 'seed'),
      ...ALONE,
      '--port',
      '7000',
      '--up-limit',
      '500K',
      '--quiet',
    );
    expect(await eventually(() => theirs.says().includes(`peer ${SECOND}:7000`)), theirs.says().slice(-300)).toBe(true);
    expect(theirs.says()).toMatch(new RegExp(`peer ${SECOND}:7000 [^\\n]*, by lsd`));
    expect(await eventually(() => /^(seeding|finished) 1\.000/m.test(theirs.says())), theirs.says().slice(-300)).toBe(
      true,
    );
    expect(world.holds(content, 'got')).toBe(true);
  });
});
