import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, run, start } from './run.ts';

const BYTES = Buffer.alloc(300_000, 7);

const world = async () => {
  const where = folder();
  writeFileSync(join(where, 'content'), BYTES);
  const torrent = join(folder(), 'content.torrent');
  expect((await run(['create', join(where, 'content'), '-o', torrent])).code).toBe(0);
  const download = ['download', torrent, '-o', `${where}/`, '--no-trackers', '--peer', '127.0.0.1:9'];
  return { download, seed: ['seed', torrent, where, '--no-trackers', '--seed-time', '1'] };
};

describe('R79: two processes on the same files', () => {
  it('while one may write, another that may write names the first, and leaves', async () => {
    const { download } = await world();
    const first = start([...download, '--seed', '--json']);
    await first.says(/"type":"done"/);
    const { code, stderr } = await run(download);
    expect(code).toBe(3);
    expect(stderr).toMatch(/process \d+/);
    first.kill('SIGINT');
    await first.ended;
    // The files are free again.
    expect((await run(download)).code).toBe(0);
  });

  it('those that only read do not disturb each other', async () => {
    const { download, seed } = await world();
    const first = start([...download, '--seed', '--json']);
    await first.says(/"type":"done"/);
    const both = await Promise.all([run(seed), run(seed)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    first.kill('SIGINT');
    await first.ended;
  });
});
