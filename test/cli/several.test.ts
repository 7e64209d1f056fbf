import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstValueFrom, shareReplay } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seed } from '../../src/cli/demo/seed.ts';
import { contentOf } from '../swarm/content.ts';
import { folder, objects, run, start } from './run.ts';

const MiB = 2 ** 20;

/** Torrents of one file each, with a seed of each. */
const torrents = async (names: readonly string[], rate = 1000 * MiB) => {
  const home = folder();
  const all = names.map((name, index) => contentOf({ name, length: MiB, seed: index + 1 }));
  const files = all.map(({ metainfo }, index) => {
    const file = join(home, `${names[index]}.torrent`);
    writeFileSync(file, metainfo);
    return file;
  });
  const ports = await Promise.all(
    all.map(({ torrent, bytes }, index) => {
      const port$ = seed({ torrent, bytes, peerId: Buffer.alloc(20, `s${index}`), rate }).pipe(
        shareReplay({ bufferSize: 1, refCount: true }),
      );
      const running = port$.subscribe();
      onTestFinished(() => running.unsubscribe());
      return firstValueFrom(port$);
    }),
  );
  return { home, all, files, source: ['--no-trackers', ...ports.flatMap((port) => ['--peer', `127.0.0.1:${port}`])] };
};

describe('several torrents', () => {
  it('are downloaded together, each said to be complete', async () => {
    const { home, all, files, source } = await torrents(['one', 'two', 'three']);
    const out = join(home, 'new');
    const { code, stdout, stderr } = await run(['download', ...files, '-o', out, ...source]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').slice(0, -1).sort()).toEqual(
      ['one', 'three', 'two'].map(
        (name) => expect.stringContaining(join(out, `${name}: complete, 1.00 MiB`)) as string,
      ),
    );
    for (const { torrent, bytes } of all) expect(readFileSync(join(out, torrent.name)).equals(bytes)).toBe(true);
  });

  it('are told apart by --json', async () => {
    const { home, all, files, source } = await torrents(['one', 'two']);
    const { code, stdout } = await run(['download', ...files, '-o', home, '--json', ...source]);
    expect(code).toBe(0);
    const done = objects(stdout).filter(({ type }) => type === 'done');
    const hashes = all.map(({ torrent }) => Buffer.from(torrent.infoHash).toString('hex'));
    expect(done.map(({ torrent }) => torrent).sort()).toEqual([...hashes].sort());
    expect(objects(stdout).every(({ torrent }) => hashes.includes(String(torrent)))).toBe(true);
  });

  it('go on when one of them fails, and its exit code is that of the command', async () => {
    const { home, all, files, source } = await torrents(['one', 'two']);
    mkdirSync(join(home, 'one'));
    const { code, stdout, stderr } = await run(['download', ...files, '-o', home, ...source]);
    expect({ code, lines: stderr.split('\n') }).toEqual({
      code: 3,
      lines: [expect.stringMatching(/one/) as string, 'rxtorrent: 1 of 2 torrents failed', ''],
    });
    expect(stdout).toContain('two: complete');
    expect(readFileSync(join(home, 'two')).equals(all[1]?.bytes ?? new Uint8Array())).toBe(true);
  });

  it('must be different ones: one that is given twice is fetched once', async () => {
    const { home, files, source } = await torrents(['one']);
    const { code, stdout, stderr } = await run(['download', ...files, ...files, '-o', home, ...source]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `${String(files[0])}: is given twice: name each torrent once\nrxtorrent: 1 of 2 torrents failed\n`,
    });
    expect(stdout).toContain('one: complete');
  });

  it('are fetched though other sources are bad, each of which is told; the first gives the exit code', async () => {
    const { home, all, files, source } = await torrents(['one', 'two']);
    const missing = join(home, 'missing.torrent');
    const garbage = join(home, 'garbage.torrent');
    writeFileSync(garbage, 'no torrent at all');
    mkdirSync(join(home, 'two'));
    const sources = [String(files[1]), missing, garbage, 'http://127.0.0.1:1/down.torrent', String(files[0])];
    const { code, stderr } = await run(['download', ...sources, '-o', home, ...source]);
    // How far it is, is said where it takes long.
    const lines = stderr.split('\n').filter((line) => !/^(?:$| {2}|\d torrents)/.test(line));
    expect({ code, lines }).toEqual({
      code: 2,
      lines: [
        expect.stringContaining(missing) as string,
        expect.stringContaining(garbage) as string,
        expect.stringContaining('http://127.0.0.1:1/down.torrent') as string,
        expect.stringContaining('two') as string,
        'rxtorrent: 4 of 5 torrents failed',
      ],
    });
    expect(readFileSync(join(home, 'one')).equals(all[0]?.bytes ?? new Uint8Array())).toBe(true);
  });

  it('that are all none begin nothing', async () => {
    const home = folder();
    const [garbage, missing] = [join(home, 'garbage.torrent'), join(home, 'missing.torrent')];
    writeFileSync(garbage, 'no torrent at all');
    const { code, stdout, stderr } = await run([
      'download',
      garbage,
      missing,
      '-o',
      join(home, 'out/'),
      '--peer',
      '127.0.0.1:1',
      '--json',
    ]);
    expect({ code, lines: stderr.split('\n').length }).toEqual({ code: 2, lines: 4 });
    expect(objects(stdout).map(({ type }) => type)).toEqual(['start', 'error', 'end', 'start', 'error', 'end']);
    expect(existsSync(join(home, 'out'))).toBe(false);
  });

  it('stop together at Ctrl-C, quietly with --json', async () => {
    const { home, files, source } = await torrents(['one', 'two'], 64 * 1024);
    const running = start(['download', ...files, '-o', home, '--json', ...source]);
    await running.says(/"stored"/);
    running.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
  });

  it('say at Ctrl-C how far each of those that ran has come, and all together', async () => {
    const { home, files, source } = await torrents(['one', 'two', 'three'], 128 * 1024);
    const running = start(['download', ...files, '-o', home, '--max-active', '2', '--verbose=disk', ...source]);
    await running.says(/two: piece \d+ stored/);
    running.kill('SIGINT');
    const { code, stderr } = await running.ended;
    const line = (name: string): RegExp =>
      new RegExp(`${name}: stopped: .* of 1.00 MiB verified; run the same command again to resume$`);
    expect(code).toBe(130);
    const said = stderr.split('\n').filter((each) => each.includes('stopped: '));
    expect(said).toEqual([
      expect.stringMatching(line('one')) as string,
      expect.stringMatching(line('two')) as string,
      expect.stringMatching(
        /^stopped: 0 of 3 torrents complete, .* of 3.00 MiB verified; run the same command again to resume$/,
      ) as string,
    ]);
  });

  it('of which there are thirty are no reason for a warning of Node', async () => {
    const names = [...Array(30).keys()].map((index) => `t${index}`);
    const { home, files, source } = await torrents(names, 64 * 1024);
    // The last of them has its seed; all others wait for one.
    const [noTrackers = '', ...peers] = source;
    const running = start([
      'download',
      ...files,
      '-o',
      join(home, 'out/'),
      '--max-active',
      '30',
      '--verbose=disk',
      noTrackers,
      ...peers.slice(-2),
    ]);
    await running.says(/t29: piece \d+ stored/);
    running.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).not.toMatch(/Warning/);
    expect(stderr.split('\n').filter((line) => line.includes('stopped: '))).toHaveLength(31);
  });
});

describe('--max-active', () => {
  const order = (stdout: string): readonly string[] =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => /([^/]+): complete/.exec(line)?.[1] ?? line);

  it('lets so many run, the others begin in the order given as those end', async () => {
    const { home, files, source } = await torrents(['one', 'two', 'three', 'four'], 4 * MiB);
    mkdirSync(join(home, 'out/two'), { recursive: true });
    const { code, stdout, stderr } = await run([
      'download',
      ...files,
      '-o',
      join(home, 'out/'),
      '--max-active',
      '1',
      ...source,
    ]);
    expect({ code, order: order(stdout) }).toEqual({ code: 3, order: ['one', 'three', 'four'] });
    expect(stderr).toContain('1 of 4 torrents failed');
  });

  it('does not count what seeds', async () => {
    const { home, files, source } = await torrents(['one', 'two', 'three']);
    const running = start(['download', ...files, '-o', home, '--max-active', '1', '--seed', '--json', ...source]);
    await running.says(/("done"[^]*){3}/);
    running.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
  });

  it('does not keep seeds from one another', async () => {
    const { home, files, source } = await torrents(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    expect((await run(['download', ...files, '-o', home, ...source, '--quiet'])).code).toBe(0);
    const running = start(['seed', ...files, home, '--no-trackers', '--json']);
    await running.says(/("done"[^]*){7}/);
    running.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
  });

  it('is a number', async () => {
    const { files } = await torrents(['one']);
    const { code, stderr } = await run(['download', ...files, '--max-active', '0']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'rxtorrent: --max-active "0": expected a whole number from 1 to 1000\n',
    });
  });
});

describe('the port', () => {
  it('is told with --json, is the next one if the first is taken, and none with --no-listen', async () => {
    const { home, files, source } = await torrents(['one']);
    const listening = { env: { RXTORRENT_NO_LISTEN: '0' } };
    const args = ['download', ...files, '--json', ...source];
    const first = start([...args, '-o', join(home, 'a/'), '--seed'], listening);
    await first.says(/"done"/);
    const second = await run([...args, '-o', join(home, 'b/')], listening);
    const [one, other] = [(await (first.kill('SIGINT'), first.ended)).stdout, second.stdout].map(
      (text) => objects(text).find(({ type }) => type === 'port-open')?.['port'],
    );
    expect(Number(one)).toBeGreaterThanOrEqual(6881);
    expect(Number(other)).toBeGreaterThan(Number(one));
    const none = await run([...args, '-o', join(home, 'c/'), '--no-listen'], listening);
    expect(objects(none.stdout).some(({ type }) => type === 'port-open')).toBe(false);
  });

  it('that was asked for and is taken is a warning', async () => {
    const { home, files, source } = await torrents(['one']);
    const listening = { env: { RXTORRENT_NO_LISTEN: '0' } };
    const first = start(
      ['download', ...files, '--json', ...source, '-o', join(home, 'a/'), '--seed', '--port', '6899'],
      listening,
    );
    await first.says(/"done"/);
    const { code, stderr } = await run(
      ['download', ...files, ...source, '-o', join(home, 'b/'), '--port', '6899'],
      listening,
    );
    expect(code).toBe(0);
    expect(stderr).toBe(
      'warning: TCP port 6899: another program uses this port: give another --port, or --no-listen\n',
    );
    first.kill('SIGINT');
    await first.ended;
  });
});
