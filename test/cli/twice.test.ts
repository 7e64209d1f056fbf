import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, run, start } from './run.ts';

const BYTES = Buffer.alloc(300_000, 7);

describe('R79: two processes on the same files', () => {
  it.each([
    ['download', (torrent: string, where: string) => ['download', torrent, '-o', `${where}/`, '--peer', '127.0.0.1:9']],
    ['seed', (torrent: string, where: string) => ['seed', torrent, where]],
  ])('while one seeds, another that would %s says who is there, and leaves', async (_, args) => {
    const where = folder();
    writeFileSync(join(where, 'content'), BYTES);
    const torrent = join(folder(), 'content.torrent');
    expect((await run(['create', join(where, 'content'), '-o', torrent])).code).toBe(0);
    const first = start(['seed', torrent, where, '--json']);
    await first.says(/"type":"done"/);
    const { code, stderr } = await run(args(torrent, where));
    expect(code).toBe(3);
    expect(stderr).toMatch(/process \d+/);
    first.kill('SIGINT');
    await first.ended;
    // The files are free again.
    const third = start(['seed', torrent, where, '--json']);
    await third.says(/"type":"done"/);
    third.kill('SIGINT');
    await third.ended;
  });
});
