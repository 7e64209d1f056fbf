import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentOf } from '../swarm/content.ts';
import { folder, objects, run, start } from './run.ts';

const MiB = 2 ** 20;
const LISTENS = { RXTORRENT_NO_LISTEN: '0' };
/** Away from the ports that other tests take. */
const PORT = 21_000 + (process.pid % 10_000);

/** Torrents of one file each, all of which are in the folder `data`. */
const torrents = (names: readonly string[]) => {
  const home = folder();
  const data = join(home, 'data');
  mkdirSync(data);
  const all = names.map((name, index) => contentOf({ name, length: MiB + index, seed: index + 1 }));
  const files = all.map(({ metainfo, bytes, torrent }) => {
    writeFileSync(join(data, torrent.name), bytes);
    const file = join(home, `${torrent.name}.torrent`);
    writeFileSync(file, metainfo);
    return file;
  });
  return { home, data, all, files };
};

const from = (port: number): readonly string[] => ['--no-trackers', '--peer', `127.0.0.1:${port}`];

describe('seed', () => {
  it('gives several torrents, each until its ratio is reached, at one port', async () => {
    const { home, data, all, files } = torrents(['one', 'two', 'three']);
    const seed = start(['seed', ...files, data, '--ratio', '1', '--port', String(PORT), '--no-trackers', '--json'], {
      env: LISTENS,
    });
    await seed.says(/("done"[^]*){3}/);
    const out = join(home, 'out');
    const got = await run(['download', ...files, '-o', out, ...from(PORT)]);
    // How far it is, is said where it takes long.
    expect(got).toMatchObject({ code: 0, stderr: expect.not.stringContaining('rxtorrent:') as string });
    for (const { torrent, bytes } of all) expect(readFileSync(join(out, torrent.name)).equals(bytes)).toBe(true);
    const { code, stdout } = await seed.ended;
    expect(code).toBe(0);
    const seeded = objects(stdout).filter(({ type }) => type === 'seeded');
    expect(seeded.map(({ reason }) => reason)).toEqual(['ratio', 'ratio', 'ratio']);
    expect(seeded.map(({ uploaded }) => uploaded).sort()).toEqual([MiB, MiB + 1, MiB + 2]);
  });

  it('takes magnet links: what they stand for is told by others, the content is there', async () => {
    const { home, data, all, files } = torrents(['one']);
    const [only] = all;
    const port = PORT + 1;
    const first = start(['seed', ...files, data, '--port', String(port), '--no-trackers', '--json'], { env: LISTENS });
    await first.says(/"done"/);
    const link = `magnet:?xt=urn:btih:${Buffer.from(only?.torrent.infoHash ?? []).toString('hex')}`;
    const copy = join(home, 'copy');
    mkdirSync(copy);
    writeFileSync(join(copy, 'one'), only?.bytes ?? '');
    const { code, stdout } = await run(['seed', link, copy, '--seed-time', '1', '--json', ...from(port)]);
    first.kill('SIGINT');
    await first.ended;
    expect(code).toBe(0);
    const told = objects(stdout);
    expect(told.filter(({ type }) => type === 'stored')).toEqual([]);
    expect(told.filter(({ type }) => type === 'seeded').map(({ reason }) => reason)).toEqual(['time']);
  });

  it.each([
    ['--seed-time', 'time'],
    ['--seed-idle', 'idle'],
  ])('ends after %s', async (option, reason) => {
    const { data, files } = torrents(['one']);
    const began = performance.now();
    const { code, stdout } = await run(['seed', ...files, data, option, '2', '--no-trackers', '--json']);
    expect(code).toBe(0);
    expect(performance.now() - began).toBeGreaterThan(2_000);
    expect(objects(stdout).filter(({ type }) => type === 'seeded')).toMatchObject([{ reason, uploaded: 0, ratio: 0 }]);
  });

  it('of what is not there is an error, of each that is not', async () => {
    const { data, files } = torrents(['one', 'two']);
    writeFileSync(join(data, 'two'), 'something else');
    const { code, stderr, stdout } = await run(['seed', ...files, data, '--seed-time', '1', '--no-trackers', '--json']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('two: 33 of 33 pieces are missing or damaged');
    expect(objects(stdout).some(({ type }) => type === 'seeded')).toBe(true);
  });
});
