import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { within } from '../machine.ts';
import { cli, storedPieces, torrentFile } from './cli.ts';
import { type Content, contentOf, newFolder, sha256OnDisk } from './content.ts';
import { peer } from './fixture.ts';
import type { Conduct, RealPeer } from './realPeer.ts';
import { eventually } from './run.ts';
import { TinyTracker } from './tracker.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const pieceLength = 64 * KiB;
const content = contentOf({
  name: 'killed',
  pieceLength,
  files: [
    { path: ['first'], length: 9 * MiB + 17 },
    { path: ['second'], length: 300 },
    { path: ['third'], length: 7 * MiB },
  ],
});

/** A download in a process of its own. */
interface Scene {
  readonly folder: string;
  readonly torrent: string;
  readonly seed: RealPeer;
  /** Bytes a second from now on. */
  throttle(rate: number): void;
  start(...more: readonly string[]): ReturnType<typeof cli>;
}

const sceneOf = async (of: Content, rate: number): Promise<Scene> => {
  const home = newFolder();
  const folder = path.join(home, 'out');
  fs.mkdirSync(folder);
  const conduct: { -readonly [K in keyof Conduct]: Conduct[K] } = { bytesPerSecond: rate };
  const seed = await peer(of, conduct);
  const torrent = torrentFile(of, home);
  const start = (...more: readonly string[]) => {
    const running = cli(
      'download',
      torrent,
      '-o',
      `${folder}/`,
      '--no-trackers',
      '--peer',
      `127.0.0.1:${seed.port}`,
      ...more,
    );
    onTestFinished(() => void running.child.kill('SIGKILL'));
    return running;
  };
  return { folder, torrent, seed, start, throttle: (bytes) => (conduct.bytesPerSecond = bytes) };
};

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const noteIn = (folder: string): string | undefined =>
  fs.readdirSync(folder).find((name) => /\.[0-9a-f]{8}\.rxtorrent$/.test(name));

/**
 * Starts, lets it run for so long (from its first connection on, if so `connected`), kills it: which pieces were given
 * in whole.
 */
const killed = async ({ start, seed }: Scene, after: number, connected = false): Promise<readonly number[]> => {
  seed.forget();
  const running = start('--quiet');
  if (connected) await eventually(() => seed.connected > 0);
  await sleep(after);
  running.child.kill('SIGKILL');
  const { signal, stderr } = await running.ended;
  expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' });
  await eventually(() => seed.connected === 0);
  return seed.wholePieces();
};

describe('kill -9', () => {
  it('at 32 random moments: nothing wrong is kept, and nothing is fetched twice but for the last second', async () => {
    // So slow that the sum of all runs is hardly ever the whole: what is complete can't be killed.
    const rate = 0.9 * MiB;
    const scene = await sceneOf(content, rate);
    const given = new Set<number>();
    let twice = 0;
    for (let n = 0; n < 32; n++) {
      const pieces = await (n % 2 === 0
        ? killed(scene, 80 + Math.random() * 900)
        : killed(scene, Math.random() * 800, true));
      const again = pieces.filter((piece) => given.has(piece)).length;
      twice += again;
      // A second's worth, and what was on its way.
      expect(again, `run ${n}`).toBeLessThanOrEqual((rate * 1.25) / pieceLength + 8);
      for (const piece of pieces) given.add(piece);
    }
    expect(given.size).toBeGreaterThan(32);
    scene.throttle(Infinity);
    scene.seed.forget();
    const { code, stderr } = await scene.start('--quiet').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(sha256OnDisk(content, scene.folder)).toBe(content.sha256);
    expect(scene.seed.wholePieces().length).toBeGreaterThanOrEqual(content.geometry.pieceCount - given.size);
    twice += scene.seed.wholePieces().filter((piece) => given.has(piece)).length;
    expect(twice / 32, 'pieces fetched twice, a kill').toBeLessThan(6);
  });

  /** What may happen to what is beside the data, or to the data, between two runs. */
  const accidents: readonly (readonly [string, (folder: string) => void])[] = [
    ['the note is removed', (folder) => fs.rmSync(path.join(folder, noteIn(folder) ?? 'none'), { force: true })],
    ['the note is truncated', (folder) => truncate(folder, noteIn(folder), (size) => size >> 1)],
    ['the note is empty', (folder) => truncate(folder, noteIn(folder), () => 0)],
    ['the note is damaged', (folder) => spoil(folder, noteIn(folder), 60)],
    [
      'the note is another’s',
      (folder) => fs.writeFileSync(path.join(folder, noteIn(folder) ?? '.none'), 'd3:foo3:bare'),
    ],
    ['a file is truncated', (folder) => truncate(folder, 'killed/first', (size) => size >> 1)],
    ['a file has other bytes', (folder) => spoil(folder, 'killed/first', 3 * MiB)],
    ['a file is removed', (folder) => fs.rmSync(path.join(folder, 'killed/second'), { force: true })],
    ['a file is empty', (folder) => truncate(folder, 'killed/third', () => 0)],
  ];
  it('and an accident each time before the next run: what is left is kept, the rest is fetched again', async () => {
    const scene = await sceneOf(content, 3 * MiB);
    await killed(scene, 900);
    for (const [, accident] of accidents) {
      accident(scene.folder);
      await killed(scene, 350 + Math.random() * 350);
    }
    scene.throttle(Infinity);
    const { code, stderr } = await scene.start('--quiet').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(sha256OnDisk(content, scene.folder)).toBe(content.sha256);
    expect(fs.statSync(path.join(scene.folder, 'killed/third')).size).toBe(7 * MiB);
  });

  it('and a file that grew before the next run: it is left as it is until --force says that it may go', async () => {
    const scene = await sceneOf(content, 3 * MiB);
    await killed(scene, 1200);
    const third = path.join(scene.folder, 'killed/third');
    fs.mkdirSync(path.dirname(third), { recursive: true });
    fs.writeFileSync(third, '', { flag: 'a' });
    fs.truncateSync(third, 7 * MiB);
    fs.appendFileSync(third, Buffer.alloc(70_000, 1));
    const grown = fs.readFileSync(third);

    const refused = await scene.start('--quiet').ended;
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(
      /killed\/third exists already, and is longer \(7410032 bytes\).*--force replaces it\n$/,
    );
    expect(fs.readFileSync(third).equals(grown)).toBe(true);

    scene.throttle(Infinity);
    const { code, stderr } = await scene.start('--quiet', '--force').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(sha256OnDisk(content, scene.folder)).toBe(content.sha256);
    expect(fs.statSync(third).size).toBe(7 * MiB);
  });

  it.each(accidents.slice(0, 5))('%s: nothing at all is fetched again', async (_, accident) => {
    const small = contentOf({ name: 'killed', length: 2 * MiB, pieceLength });
    const scene = await sceneOf(small, Infinity);
    expect((await scene.start('--quiet').ended).code).toBe(0);
    scene.seed.forget();
    accident(scene.folder);
    const { code, stderr } = await scene.start('--quiet').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(scene.seed.asked.size).toBe(0);
  });
});

const truncate = (folder: string, name: string | undefined, size: (size: number) => number): void => {
  const file = path.join(folder, name ?? 'none');
  if (fs.existsSync(file)) fs.truncateSync(file, size(fs.statSync(file).size));
};

/** Turns one byte. */
const spoil = (folder: string, name: string | undefined, at: number): void => {
  const file = path.join(folder, name ?? 'none');
  if (!fs.existsSync(file)) return;
  const fd = fs.openSync(file, 'r+');
  const byte = new Uint8Array(1);
  fs.readSync(fd, byte, 0, 1, at);
  byte[0] = ~(byte[0] as number);
  fs.writeSync(fd, byte, 0, 1, at);
  fs.closeSync(fd);
};

describe('a byte that changes in secret', () => {
  it('is found though the time of its file was set back, and its piece alone is fetched again', async () => {
    const small = contentOf({ name: 'secret', length: 2 * MiB, pieceLength });
    const { folder, seed, start, torrent } = await sceneOf(small, Infinity);
    expect((await start('--quiet').ended).code).toBe(0);
    const file = path.join(folder, 'secret');
    const stamp = `${folder}.stamp`;
    fs.writeFileSync(stamp, '');
    execFileSync('touch', ['-r', file, stamp]);
    spoil(folder, 'secret', 5 * pieceLength + 3);
    execFileSync('touch', ['-r', stamp, file]);
    seed.forget();
    const verified = await cli('verify', torrent, file, '--quiet').ended;
    expect(verified.code).toBe(4);
    expect(verified.stderr).toContain('1 of 32 pieces');
    expect((await start('--quiet').ended).code).toBe(0);
    expect(seed.wholePieces()).toEqual([5]);
    expect(seed.asked.size).toBe(4);
    expect((await start('--quiet', '--recheck').ended).code).toBe(0);
    expect(seed.asked.size).toBe(4);
    expect(sha256OnDisk(small, folder)).toBe(small.sha256);
    expect((await cli('verify', torrent, file, '--quiet').ended).code).toBe(0);
  });
});

describe('SIGINT', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends it with 130 within 6 s though the tracker hangs; the next run fetches nothing twice',
    async (signal) => {
      const scene = await sceneOf(content, 4 * MiB);
      const tracker = await TinyTracker.listen([scene.seed.address]);
      onTestFinished(() => tracker.close());
      tracker.hangsOn = ['stopped'];
      const first = scene.start('--json', '--tracker', tracker.url);
      expect(await eventually(() => scene.seed.givenBytes > 5 * MiB, 15_000)).toBe(true);
      const began = performance.now();
      first.child.kill(signal);
      const { code, stderr } = await first.ended;
      expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
      expect(performance.now() - began).toBeLessThan(within(6000));
      expect(tracker.events.at(-1)).toBe('stopped');
      const kept = storedPieces(first.printed());
      expect(kept.length).toBeGreaterThan(20);
      expect(fs.readdirSync(scene.folder).filter((name) => name.endsWith('.lock'))).toEqual([]);

      scene.seed.forget();
      scene.throttle(Infinity);
      const second = await scene.start('--json').ended;
      expect(second.code).toBe(0);
      expect(kept.filter((piece) => scene.seed.wholePieces().includes(piece))).toEqual([]);
      // Left in order: all but what was being written is believed without a look.
      expect(second.stdout.split('"rechecked"').length - 1).toBeLessThan(40);
      expect(sha256OnDisk(content, scene.folder)).toBe(content.sha256);
    },
  );
});
