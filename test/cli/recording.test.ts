import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { partOf, partsAt } from '../../src/cli/io/recordFile.ts';
import { encodeHeader } from '../../src/recording/format.ts';
import { type Content, contentOf } from '../swarm/content.ts';
import { peer } from '../swarm/fixture.ts';
import { bodiesOf } from '../recording/bodies.ts';
import { folder, run, start } from './run.ts';

interface Recorded {
  readonly home: string;
  readonly file: string;
  readonly content: Content;
}

const written = (content: Content): { readonly home: string; readonly torrent: string } => {
  const home = folder();
  const torrent = join(home, 'a.torrent');
  writeFileSync(torrent, content.metainfo);
  return { home, torrent };
};

/** A download of 3 MiB that was recorded. */
const recorded = async (name: string, more: readonly string[] = []): Promise<Recorded> => {
  const content = contentOf({ length: 48 * 65_536 - 100, pieceLength: 65_536 });
  const seeds = await Promise.all([peer(content), peer(content, { unchokeAfter: 60 })]);
  const { home, torrent } = written(content);
  const file = join(home, name);
  const from = seeds.flatMap(({ port }) => ['--peer', `127.0.0.1:${port}`]);
  const args = ['download', torrent, '-o', `${home}/out/`, '--quiet', '--no-trackers', '--record', file];
  const { code, stderr } = await run([...args, ...from, ...more]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return { home, file, content };
};

describe('download --record', () => {
  it('leaves what replay does again, and takes little', async () => {
    const { file, content } = await recorded('a.rxrec');
    expect(statSync(file).size - content.metainfo.length * 2).toBeLessThan(content.bytes.length * 0.01);
    const { code, stdout, stderr } = await run(['replay', file]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/a\.rxrec: the same, \d+\.\d{3} s, \d+ turns\n$/);
    const other = await run(['replay', file, '--order', 'sequential']);
    expect(other.code).toBe(4);
    expect(other.stderr).toMatch(
      /parts at \d\.\d{3} s to 127\.0\.0\.1:\d+: was request \d+\/\d, is request \d+\/\d\n$/,
    );
  });

  it('compresses it if its name says so', async () => {
    const { file } = await recorded('a.rxrec.gz', ['--files', '1']);
    expect(readFileSync(file).subarray(0, 2)).toEqual(Buffer.of(0x1f, 0x8b));
    expect(await run(['replay', file])).toMatchObject({ code: 0, stderr: '' });
  });

  it('leaves a recording also when it is killed', async () => {
    const content = contentOf({ length: 400 * 16_384, pieceLength: 16_384 });
    const seed = await peer(content, { bytesPerSecond: 800_000 });
    const { home, torrent } = written(content);
    const file = join(home, 'a.rxrec.gz');
    const args = ['--no-trackers', '--peer', `127.0.0.1:${seed.port}`, '--record', file, '--json'];
    const running = start(['download', torrent, '-o', `${home}/out/`, ...args]);
    await running.says(/"type":"stored"[^]*"type":"progress"[^]*"type":"progress"[^]*"type":"progress"/);
    running.kill('SIGKILL');
    await running.ended;
    const { code, stdout, stderr } = await run(['replay', file]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/the same, [1-9]\d*\.\d{3} s/);
  });

  it('keeps the last of it only, if it is told to, also when it is killed', async () => {
    // So long that there is still something to ask for when it is killed.
    const content = contentOf({ length: 600 * 32_768, pieceLength: 32_768 });
    const seed = await peer(content, { bytesPerSecond: 2_500_000 });
    const { home, torrent } = written(content);
    const file = join(home, 'a.rxrec');
    const args = [
      '--no-trackers',
      '--peer',
      `127.0.0.1:${seed.port}`,
      '--record',
      file,
      '--record-limit',
      '64K',
      '--json',
    ];
    const running = start(['download', torrent, '-o', `${home}/out/`, ...args]);
    await running.says(/"type":"progress"[^]*"type":"progress"[^]*"type":"progress"[^]*"type":"progress"/);
    running.kill('SIGKILL');
    await running.ended;
    const parts = partsAt(file);
    expect(parts[0]).toBeGreaterThan(0);
    expect(parts.reduce((sum, nth) => sum + statSync(partOf(file, nth)).size, 0)).toBeLessThanOrEqual(65_536);
    const { code, stdout, stderr } = await run(['draw', file]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/\nsay {3}.*P.*\nask {3}.*R.*\n/);
    expect(await run(['replay', file])).toMatchObject({ code: 2, stderr: expect.stringContaining('has been dropped') });
  });

  it.each([
    ['to stdout', ['a.torrent', '-o', '-'], 'what goes to stdout is not recorded: name a file with -o'],
    ['of a list', ['a.torrent', '--choose'], 'what is chosen from a list is not recorded: name the files with --files'],
  ])('is refused %s', async (_, args, why) => {
    const { code, stderr } = await run(['download', ...args, '--record', 'x']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: `rxtorrent: --record: ${why}\n` });
  });

  it('does not replace a file, unless by --force', async () => {
    const content = contentOf({ length: 16_384, pieceLength: 16_384 });
    const { home, torrent } = written(content);
    const { code, stderr } = await run(['download', torrent, '-o', `${home}/out/`, '--record', torrent]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `rxtorrent: ${torrent} exists already: name another file, or give --force\n`,
    });
  });
});

describe('several torrents and seeds', () => {
  it('are recorded, and done again', async () => {
    const contents = [1, 2].map((n) => contentOf({ length: 20 * 16_384, pieceLength: 16_384, name: `c${n}`, seed: n }));
    const seeds = await Promise.all(contents.map((content) => peer(content)));
    const home = folder();
    const torrents = contents.map(({ metainfo }, nth) => {
      writeFileSync(join(home, `${nth}.torrent`), metainfo);
      return join(home, `${nth}.torrent`);
    });
    const file = join(home, 'a.rxrec');
    const from = seeds.flatMap(({ port }) => ['--peer', `127.0.0.1:${port}`]);
    const args = ['-o', `${home}/out/`, '--quiet', '--no-trackers', '--record', file];
    expect(await run(['download', ...torrents, ...args, ...from])).toMatchObject({ code: 0, stderr: '' });
    expect(await run(['replay', file])).toMatchObject({ code: 0, stderr: '', stdout: /the same/ });
  });

  it.each([[[]], [['--anonymous']]])('are recorded while they are given to others: %j', async (more: string[]) => {
    const content = contentOf({ length: 40 * 16_384, pieceLength: 16_384 });
    const { home, torrent } = written(content);
    writeFileSync(join(home, content.torrent.name), content.bytes);
    const file = join(home, 'seed.rxrec');
    const port = String(31_000 + (process.pid % 10_000));
    const args = ['--port', port, '--no-trackers', '--record', file, '--ratio', '1', '--json', ...more];
    const seed = start(['seed', torrent, home, ...args], { env: { RXTORRENT_NO_LISTEN: '0' } });
    await seed.says(/"done"/);
    const got = ['-o', `${home}/out/`, '--quiet', '--no-trackers', '--peer', `127.0.0.1:${port}`];
    expect(await run(['download', torrent, ...got])).toMatchObject({ code: 0 });
    expect(await seed.ended).toMatchObject({ code: 0 });
    expect(await run(['replay', file])).toMatchObject({ code: 0, stderr: '', stdout: /the same/ });
    expect((await run(['draw', file])).stdout).toMatch(/\nsay {3}.*I.*R.*\nask {3}.*U.*P/);
  });
});

describe('a strategy', () => {
  const strategy = (home: string, name: string, code: string): string => {
    const path = join(home, name);
    writeFileSync(path, code);
    return path;
  };
  it('is recorded with what its streams emit, and another one is told where it differs', async () => {
    const home = folder();
    const rxjs = JSON.stringify(import.meta.resolve('rxjs'));
    const one = strategy(
      home,
      'one.mjs',
      `import { Observable } from ${rxjs};
      export const maxPeers = new Observable((to) => {
        to.next(1);
        const timer = setTimeout(() => to.next(2), 30 + Math.random() * 20);
        return () => clearTimeout(timer);
      });`,
    );
    const { file } = await recorded('a.rxrec', ['--strategy', one]);
    expect(await run(['replay', file])).toMatchObject({ code: 0, stderr: '' });
    const two = strategy(home, 'two.mjs', 'export const order = (a, b) => a.index - b.index;');
    const { code, stderr } = await run(['replay', file, '--strategy', two]);
    expect(code).toBe(4);
    expect(stderr).toMatch(/parts at \d\.\d{3} s to 127\.0\.0\.1:\d+: was .*, is /);
  });
});

describe('sources of a strategy', () => {
  it('are recorded with what they name, whenever that was', async () => {
    const home = folder();
    const rxjs = JSON.stringify(import.meta.resolve('rxjs'));
    const named = join(home, 'named.mjs');
    writeFileSync(
      named,
      `import { Observable } from ${rxjs};
      const lsd = new Observable((to) => {
        const there = { host: '127.0.0.1', port: 1, source: 'lsd' };
        const timer = setTimeout(() => to.next(there), 5 + Math.random() * 10);
        return () => clearTimeout(timer);
      });
      export const sources = { lsd };`,
    );
    const { file } = await recorded('a.rxrec', ['--strategy', named]);
    expect((await run(['draw', file])).stdout).toContain('127.0.0.1:1\n');
    expect(await run(['replay', file])).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('replay', () => {
  it('refuses what is no recording of a download', async () => {
    const home = folder();
    const file = join(home, 'x');
    expect(await run(['replay', file])).toMatchObject({
      code: 2,
      stderr: `rxtorrent: ${file}: there is no such file: check the path\n`,
    });
    writeFileSync(file, 'something else');
    const { code, stderr } = await run(['replay', file]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^rxtorrent: .*\/x: recording: expected rxtorrent recording 1, got/);
    const header = { by: 'x', start: 0, masked: false, sharesMemory: false, hashes: false, session: null };
    writeFileSync(file, encodeHeader(header));
    expect((await run(['replay', file])).stderr).toContain('it was not recorded by rxtorrent download or seed');
  });
});

describe('draw', () => {
  it('prints marble diagrams, or writes a page', async () => {
    const { file, home } = await recorded('a.rxrec');
    const { code, stdout, stderr } = await run(['draw', file, '--lanes', 'say,ask']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^from 0ms to .*\n\n127\.0\.0\.1:\d+\nsay {3}.*h.*P.*\nask {3}.*\^.*R.*\n/);
    expect(stdout).not.toContain('give');
    const html = join(home, 'a.html');
    expect(await run(['draw', file, '--html', html])).toMatchObject({ code: 0, stdout: `wrote ${html}\n` });
    expect(readFileSync(html, 'utf8')).toMatch(/^<!doctype html>[^]*request \d/);
    expect(await run(['draw', file, '--html', html])).toMatchObject({ code: 2 });
  });

  it('writes a test that passes, of all that was asked', async () => {
    const { file, home } = await recorded('a.rxrec');
    const test = join(home, 'a.marbles.ts');
    expect(await run(['draw', file, '--test', test])).toMatchObject({ code: 0, stdout: `wrote ${test}\n`, stderr: '' });
    const source = readFileSync(test, 'utf8');
    expect(source).toContain("import { drawnSession } from 'rxtorrent/marbles';");
    const bodies = bodiesOf(source);
    expect(bodies.length).toBe(1);
    for (const body of bodies) body();
  });

  it.each([
    [['--lanes', 'say,all'], '--lanes say,all: name some of say,ask,give'],
    [['--from', 'soon'], '--from'],
  ])('refuses %j', async (args, why) => {
    const { code, stderr } = await run(['draw', 'x', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
  });
});
