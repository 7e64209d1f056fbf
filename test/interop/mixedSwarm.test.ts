import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announced, aria2, libtorrent, opentracker, transmission } from './clients.ts';
import { type Content, listening, World } from './world.ts';

const clients = { libtorrent, aria2, transmission };
const ALONE = ['--no-dht', '--no-lsd'];

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

/** A seed of ours that listens at 7000. */
const seed = async (content: Content, ...more: readonly string[]) => {
  const child = world.ours('seed', content.torrent, world.lay(content, 'seed'), '--port', '7000', ...ALONE, ...more);
  await listening(7000);
  await announced(content, 1);
  return child;
};

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/**
 * How long a swarm goes on between two looks at it, in milliseconds: a tenth of a second brings at most two per cent of
 * what there is.
 */
const GOES_ON = 100;

const empty = (folder: string): string => {
  mkdirSync(world.path(folder));
  return world.path(folder);
};

const until = async (holds: () => boolean, seconds: number): Promise<boolean> => {
  for (let tries = 0; tries < seconds * 4; tries++) {
    if (holds()) return true;
    await pause(250);
  }
  return false;
};

const count = (content: Content): number =>
  Math.ceil(content.files.reduce((sum, { bytes }) => sum + bytes.length, 0) / 65_536);
const complete = (content: Content, folder: string): boolean => world.pieces(content, folder).size === count(content);

/**
 * As libtorrent counts them: how often there is what is rarest, and which share of the pieces there is more often than
 * that.
 */
const distributedCopies = (held: readonly ReadonlySet<number>[], pieceCount: number): number => {
  const copies = Array.from({ length: pieceCount }, (_, index) => held.filter((each) => each.has(index)).length);
  const rarest = Math.min(...copies);
  return rarest + copies.filter((each) => each > rarest).length / pieceCount;
};

describe('a mixed swarm', () => {
  // Before there is one distributed copy among those who stay, nobody could complete; when there are five, all have.
  // Between the two, the earliest moment is the hardest: each piece that is rare has to come from the one who has it.
  // So the seed leaves as soon as there is one copy, which with an uplink six times that of each of the others comes
  // when they have less than 60 % of what five of them can have.
  it('of two of ours and three of theirs completes everywhere though the seed leaves before 60 % is copied', {
    timeout: 400_000,
  }, async () => {
    const content = world.content('content', [16_000_000, 1_000_000]);
    await opentracker(world, content);
    const leaving = await seed(content, '--up-limit', '2500K');
    const names = ['one', 'two', ...Object.keys(clients)];
    let port = 7001;
    for (const [name, client] of Object.entries(clients))
      await client(world, content, empty(name), port++, { limit: 400_000 });
    for (const name of ['one', 'two']) {
      world.ours(
        'download',
        content.torrent,
        '-o',
        `${empty(name)}/`,
        '--seed',
        '--up-limit',
        '400K',
        '--port',
        String(port++),
        ...ALONE,
      );
    }
    const held = (): ReadonlySet<number>[] => names.map((name) => world.pieces(content, name));
    // Nobody moves while it is looked at them: so a machine that is busy, and slow to look, gives the swarm no more
    // time with the seed.
    let tries = 0;
    for (; tries < 900; tries++) {
      await pause(GOES_ON);
      world.signal('SIGSTOP');
      if (distributedCopies(held(), count(content)) >= 1) break;
      world.signal('SIGCONT');
    }
    expect(
      tries,
      held()
        .map(({ size }) => size)
        .join(),
    ).toBeLessThan(900);
    leaving.kill('SIGKILL');
    await once(leaving, 'exit');
    const left = held();
    world.signal('SIGCONT');
    const share = left.reduce((sum, { size }) => sum + size, 0) / (names.length * count(content));
    expect(distributedCopies(left, count(content))).toBeGreaterThanOrEqual(1);
    expect(share).toBeLessThanOrEqual(0.6);
    expect(left.filter(({ size }) => size === count(content))).toEqual([]);
    expect(
      await until(() => names.every((name) => complete(content, name)), 240),
      held()
        .map(({ size }) => size)
        .join(),
    ).toBe(true);
  });
});
