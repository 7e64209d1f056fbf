import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cable, CLI, eventually, machine, type Machine } from './machines.ts';
import { type Content, World } from './world.ts';

const ALONE = ['--no-trackers', '--no-dht'];
/** Where we are on the two cables, of which the first has our default route, and the neighbour on the second. */
const [FIRST, SECOND, NEIGHBOUR] = ['10.78.1.1', '10.78.2.1', '10.78.2.2'];

let world: World;
/** Two machines. */
let here: Machine;
let there: Machine;

beforeEach(async () => {
  world = new World();
  [here, there] = [await machine(world), await machine(world)];
  await cable(here, there, 1);
  await cable(here, there, 2);
  await here.sh(`ip route add default via 10.78.1.2 src ${FIRST}`);
});
afterEach(() => world.end());

const neighbour = ({ torrent }: Content, folder: string) =>
  there.run(
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
  const look = here.run('cat', '/proc/net/igmp');
  await look.ended;
  return look.says().match(/8F98C0EF|EFC0988F/g) ?? [];
};

/** Packets to groups that the neighbour's machine has sent. */
const multicasts = async (): Promise<number> => {
  const look = there.run('cat', '/proc/net/netstat');
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

describe('local discovery where the neighbour is not on the interface of the default route', () => {
  it('finds libtorrent there', async () => {
    const content = world.content('content', [1_000_000], []);
    const ours = here.run(process.execPath, CLI, 'peers', content.torrent, ...ALONE, '--count', '1', '--timeout', '60');
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
    here.run(
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
