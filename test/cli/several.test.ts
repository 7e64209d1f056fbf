import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstValueFrom, shareReplay } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seed } from '../../src/cli/demo/seed.ts';
import { severalLine, severalLines } from '../../src/cli/views/several.ts';
import type { Progress } from '../../src/env.ts';
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
      const port$ = seed({ torrent, bytes, peerId: Buffer.alloc(20, `s${index}`), rate }).pipe(shareReplay({ bufferSize: 1, refCount: true }));
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
      ['one', 'three', 'two'].map((name) => expect.stringContaining(join(out, `${name}: complete, 1.00 MiB`)) as string),
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

  it('go on when one of them fails, whose failure is that of all', async () => {
    const { home, all, files, source } = await torrents(['one', 'two']);
    mkdirSync(join(home, 'one'));
    const { code, stdout, stderr } = await run(['download', ...files, '-o', home, ...source]);
    expect({ code, lines: stderr.split('\n').length }).toEqual({ code: 3, lines: 2 });
    expect(stdout).toContain('two: complete');
    expect(readFileSync(join(home, 'two')).equals(all[1]?.bytes ?? new Uint8Array())).toBe(true);
  });

  it('must be different ones', async () => {
    const { files, source } = await torrents(['one']);
    const { code, stderr } = await run(['download', ...files, ...files, ...source]);
    expect(code).toBe(2);
    expect(stderr).toContain('is given twice: name each torrent once');
  });

  it('stop together at Ctrl-C', async () => {
    const { home, files, source } = await torrents(['one', 'two'], 64 * 1024);
    const running = start(['download', ...files, '-o', home, '--json', ...source]);
    await running.says(/"stored"/);
    running.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
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
    const first = start(['download', ...files, '--json', ...source, '-o', join(home, 'a/'), '--seed', '--port', '6899'], listening);
    await first.says(/"done"/);
    const { code, stderr } = await run(['download', ...files, ...source, '-o', join(home, 'b/'), '--port', '6899'], listening);
    expect(code).toBe(0);
    expect(stderr).toBe('warning: TCP port 6899: none is free to listen at; give another --port, or --no-listen\n');
    first.kill('SIGINT');
    await first.ended;
  });
});

describe('the lines of several torrents', () => {
  const progress = (stored: number): Progress => ({
    type: 'progress',
    phase: 'downloading',
    stored,
    length: 100 * MiB,
    pieces: 4,
    pieceCount: 8,
    downloaded: stored,
    uploaded: 0,
    rate: 2 * MiB,
    upRate: 0,
    ratio: 0,
    eta: 25,
    peers: { known: 9, connecting: 0, connected: 3, unchoked: 2, banned: 0 },
    wasted: 0,
  });
  const rows = [
    { name: 'debian', progress: progress(50 * MiB) },
    { name: 'a name that is much longer than all the others', progress: progress(100 * MiB) },
  ];

  it('are one each, with the names beneath one another, none wider than the terminal', () => {
    expect(severalLines(rows, 90)).toEqual([
      '50.0 %  debian                    50.0 MiB of 100 MiB · ↓ 2.00 MiB/s · 25 s left · 3 of 9…',
      ' 100 %  a name that is much lon…  100 MiB of 100 MiB · ↓ 2.00 MiB/s · 25 s left · 3 of 9 …',
    ]);
    for (const width of [20, 40, 80, 200]) for (const line of severalLines(rows, width)) expect(line.length).toBeLessThanOrEqual(width);
  });

  it('say all in a log', () => {
    expect(severalLine(rows[0] as (typeof rows)[0])).toMatch(/^debian: 50\.0 ?%, 50\.0 MiB of 100 MiB, ↓ 2\.00 MiB\/s/);
  });
});
