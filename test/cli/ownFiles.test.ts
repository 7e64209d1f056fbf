import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstValueFrom, shareReplay } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seed } from '../../src/cli/demo/seed.ts';
import { contentOf, type Content } from '../swarm/content.ts';
import { folder, objects, run } from './run.ts';

const KiB = 1024;
const nobody = ['--no-trackers', '--peer', '127.0.0.1:1', '--timeout', '3'];

/** Where a torrent is, and the options that lead to its one seed. */
const world = async ({ torrent, bytes, metainfo }: Content, home = folder()) => {
  const file = join(home, `${torrent.name}-${torrent.length}.torrent`);
  writeFileSync(file, metainfo);
  const port$ = seed({ torrent, bytes, peerId: Buffer.alloc(20, 's'), rate: 1e9 }).pipe(
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  const running = port$.subscribe();
  onTestFinished(() => running.unsubscribe());
  return { home, file, source: ['--no-trackers', '--peer', `127.0.0.1:${await firstValueFrom(port$)}`] };
};

/** The environment of one user. */
const user = () => ({ env: { XDG_STATE_HOME: folder() } });

describe('files of another program', () => {
  it.each<[string, () => Buffer]>([
    ['longer', () => Buffer.alloc(400 * KiB, 7)],
    ['of the same length', () => Buffer.alloc(300 * KiB, 7)],
    ['shorter', () => Buffer.from('my notes\n')],
  ])('%s are refused with exit code 3 and stay as they are; --force replaces them', async (_, theirs) => {
    const content = contentOf({ name: 'notes.txt', length: 300 * KiB });
    const { home, file, source } = await world(content);
    const mine = join(home, 'notes.txt');
    writeFileSync(mine, theirs());
    const before = { bytes: readFileSync(mine), names: readdirSync(home) };
    for (const peers of [nobody, source]) {
      const { code, stderr } = await run(['download', file, '-o', mine, ...peers]);
      expect([code, stderr]).toEqual([
        3,
        expect.stringMatching(/^rxtorrent: .*notes\.txt exists already, and .*--force replaces it\n$/),
      ]);
    }
    expect({ bytes: readFileSync(mine), names: readdirSync(home) }).toEqual(before);
    expect((await run(['download', file, '-o', mine, '--force', ...source])).code).toBe(0);
    expect(readFileSync(mine).equals(content.bytes)).toBe(true);
    expect(readdirSync(home)).toEqual(before.names);
  });

  it('that another torrent has put there are named as its own, complete or not', async () => {
    const mine = user();
    const one = contentOf({ name: 'film', length: 300 * KiB });
    // The second has the same beginning, and is longer.
    const [first, second] = [await world(one), await world(contentOf({ name: 'film', length: 400 * KiB }))];
    const out = join(first.home, 'out/');
    expect((await run(['download', first.file, '-o', out, ...first.source], mine)).code).toBe(0);
    expect(readdirSync(out)).toEqual(['film']);
    const { code, stderr } = await run(['download', second.file, '-o', out, ...second.source], mine);
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(
        /film exists already, and belongs to another torrent \([0-9a-f]{40}\): .*--force replaces it\n$/,
      ),
    ]);
    expect(readFileSync(join(out, 'film')).equals(one.bytes)).toBe(true);
  });

  it('beside those of the torrent are named; nothing at all is fetched', async () => {
    const { home, file, source } = await world(
      contentOf({ name: 'many', files: ['a', 'b'].map((name) => ({ path: [name], length: 150 * KiB })) }),
    );
    mkdirSync(join(home, 'many'));
    writeFileSync(join(home, 'many', 'b'), Buffer.alloc(500 * KiB, 9));
    const { code, stderr } = await run(['download', file, '-o', home, ...source]);
    expect([code, stderr]).toEqual([3, expect.stringContaining(join(home, 'many', 'b'))]);
    expect([readdirSync(join(home, 'many')), statSync(join(home, 'many', 'b')).size]).toEqual([['b'], 500 * KiB]);
  });

  it('nothing of which was ever fetched leave nothing of ours behind', async () => {
    const { home, file } = await world(contentOf({ name: 'none', length: 300 * KiB }));
    const before = readdirSync(home);
    expect((await run(['download', file, '-o', join(home, 'out/'), ...nobody])).code).toBe(4);
    expect(readdirSync(home).filter((name) => !before.includes(name) && name !== 'out')).toEqual([]);
  });
});

describe('commands that read', () => {
  it('never write: a file that has grown is given and checked as it is', async () => {
    const content = contentOf({ name: 'app.log', length: 300 * KiB });
    const { home, file } = await world(content);
    const data = join(home, 'data');
    mkdirSync(data);
    writeFileSync(join(data, 'app.log'), content.bytes);
    const seeding = ['seed', file, data, '--no-trackers', '--seed-time', '1'];
    expect((await run(seeding)).code).toBe(0);
    appendFileSync(join(data, 'app.log'), 'later lines\n');
    await run(seeding);
    const { code, stdout } = await run(['verify', file, data]);
    expect([code, stdout]).toEqual([4, expect.stringMatching(/^too long {3}.*app\.log \(12 B behind its end\)\n$/)]);
    expect([readdirSync(data), statSync(join(data, 'app.log')).size]).toEqual([['app.log'], 300 * KiB + 12]);
  });

  it('say which files are not as they should be, with --json as an object', async () => {
    const files = ['a', 'empty', 'b', 'c'].map((name) => ({ path: [name], length: name === 'empty' ? 0 : 32 * KiB }));
    const content = contentOf({ name: 'many', files });
    const { home, file } = await world(content);
    const at = (name: string): string => join(home, 'many', name);
    mkdirSync(join(home, 'many'));
    writeFileSync(at('a'), content.bytes.subarray(0, 32 * KiB));
    writeFileSync(at('b'), Buffer.alloc(32 * KiB, 1));
    writeFileSync(at('c'), Buffer.concat([content.bytes.subarray(64 * KiB), Buffer.from('junk')]));
    const { code, stdout } = await run(['verify', file, home, '--json']);
    expect(code).toBe(4);
    const verified = objects(stdout).find(({ type }) => type === 'verified');
    expect(verified).toMatchObject({
      complete: false,
      files: [
        { number: 2, path: at('empty'), state: 'missing', size: -1 },
        { number: 3, path: at('b'), state: 'damaged', size: 32 * KiB },
        { number: 4, path: at('c'), state: 'too-long', size: 32 * KiB + 4 },
      ],
    });
    // What is not wanted is not looked for.
    expect(await run(['verify', file, home, '--files', '1', '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('a selection of files', () => {
  it('is complete when they are; of the others nothing appears, and what they share moves in later', async () => {
    const mine = user();
    const files = ['a', 'b', 'c'].map((name) => ({ path: [name], length: 100 * KiB }));
    const content = contentOf({ name: 'many', files });
    const { home, file, source } = await world(content);
    const out = join(home, 'out/');
    const doneOf = (stdout: string) => objects(stdout).find(({ type }) => type === 'done');
    const first = await run(['download', file, '-o', out, '--files', '2', '--json', ...source], mine);
    expect([first.code, doneOf(first.stdout)]).toEqual([
      0,
      expect.objectContaining({ length: 100 * KiB, paths: [join(out, 'many', 'b')] }),
    ]);
    expect(readdirSync(join(out, 'many'))).toEqual(['b']);
    expect(readFileSync(join(out, 'many', 'b')).equals(content.bytes.subarray(100 * KiB, 200 * KiB))).toBe(true);
    // The second run finds all of it.
    const again = await run(['download', file, '-o', out, '--files', '2', '--json', ...source], mine);
    expect(doneOf(again.stdout)).toMatchObject({ length: 100 * KiB, downloaded: 0 });
    const rest = await run(['download', file, '-o', out, '--json', ...source], mine);
    expect(rest.code).toBe(0);
    expect(Number(doneOf(rest.stdout)?.['downloaded'])).toBeLessThanOrEqual(200 * KiB);
    expect(
      files.every(({ path: [name = ''] }, n) =>
        readFileSync(join(out, 'many', name)).equals(content.bytes.subarray(n * 100 * KiB, (n + 1) * 100 * KiB)),
      ),
    ).toBe(true);
    expect(readdirSync(out)).toEqual(['many']);
  });
});
