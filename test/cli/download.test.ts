import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { firstValueFrom, shareReplay, type Subscription } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { demoContent, demoTorrent } from '../../src/cli/demo/content.ts';
import { seed } from '../../src/cli/demo/seed.ts';
import { encodeTorrent } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { parseTorrent, type Torrent } from '../../src/torrent/metainfo/metainfo.ts';
import { within } from '../machine.ts';
import { folder, objects, run, start, told } from './run.ts';

const MiB = 2 ** 20;

interface World {
  /** Path of the .torrent. */
  readonly file: string;
  readonly torrent: Torrent;
  readonly bytes: Buffer;
  readonly home: string;
  /** Options that lead to the seed and nobody else. */
  readonly source: readonly string[];
}

/** A torrent and one seed of it, in this process. */
const world = async ({
  size = 4 * MiB,
  rate = 1000 * MiB,
  announce = 'http://127.0.0.1:1/announce',
  single = false,
} = {}): Promise<World> => {
  const home = folder();
  const content = demoContent(size);
  const { files, ...torrentOf } = demoTorrent(content, announce);
  const encoded = encodeTorrent(single ? { ...torrentOf, length: size } : { ...torrentOf, ...(files && { files }) });
  const torrent = parseTorrent(encoded);
  const file = join(home, 'a.torrent');
  writeFileSync(file, encoded);
  const port$ = seed({ torrent, bytes: content.bytes, peerId: Buffer.alloc(20, 's'), rate }).pipe(
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  const running: Subscription = port$.subscribe();
  onTestFinished(() => running.unsubscribe());
  const port = await firstValueFrom(port$);
  return { file, torrent, bytes: content.bytes, home, source: ['--peer', `127.0.0.1:${port}`] };
};

const downloaded = ({ torrent, bytes }: World, into: string): boolean =>
  torrent.files.every(({ path, offset, length }) =>
    readFileSync(join(into, torrent.name, ...path)).equals(bytes.subarray(offset, offset + length)),
  );

describe('download', () => {
  it('writes what the seed has, and verify agrees', async () => {
    const here = await world();
    const out = join(here.home, 'new/');
    const { code, stdout, stderr } = await run(['download', here.file, '-o', out, '--no-trackers', ...here.source]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\/.*\/new\/rxtorrent-demo: complete, 4\.00 MiB \(.*\/s\)\n$/);
    expect(downloaded(here, out)).toBe(true);

    const right = await run(['verify', here.file, out]);
    expect(right).toMatchObject({ code: 0, stdout: expect.stringContaining('all 16 pieces are right') as string });
    expect(await run(['verify', here.file, join(out, 'rxtorrent-demo'), '--quiet'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });

    writeFileSync(join(out, 'rxtorrent-demo/README.txt'), 'oops');
    const wrong = await run(['verify', here.file, out, '--json']);
    expect(wrong.code).toBe(4);
    const events = objects(wrong.stdout);
    expect(events.filter(({ type }) => type === 'rechecked')).toHaveLength(16);
    expect(events.slice(-3)).toMatchObject([
      { type: 'verified', complete: false, valid: 15, pieceCount: 16 },
      { type: 'error', name: 'GaveUp', code: 'incomplete' },
      { type: 'end', reason: 'gave-up', exitCode: 4 },
    ]);
  });

  it('says each event as an object with --json, and nothing else', async () => {
    const here = await world();
    const { code, stdout, stderr } = await run([
      'download',
      here.file,
      '-o',
      here.home,
      '--no-trackers',
      '--json',
      ...here.source,
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const events = told(stdout);
    const torrent = expect.any(String) as string;
    const from = [{ host: '127.0.0.1', port: expect.any(Number) as number, source: 'manual' }];
    expect(events.find(({ type }) => type === 'peer-joined')).toEqual({
      type: 'peer-joined',
      torrent,
      ...from[0],
      road: 'tcp',
    });
    const stored = events.filter(({ type }) => type === 'stored');
    expect(stored.map(({ index }) => index).sort((a, b) => Number(a) - Number(b))).toEqual([...Array(16).keys()]);
    for (const event of stored)
      expect(event).toEqual({ type: 'stored', torrent, index: event['index'], length: 256 * 1024, from });
    expect(events.filter(({ type }) => type === 'done')).toMatchObject([
      { type: 'done', length: 4 * MiB, downloaded: 4 * MiB, paths: expect.any(Array) as string[] },
    ]);
  });

  it('names the output as told: a folder, or the file itself', async () => {
    const here = await world({ size: MiB, single: true });
    const options = ['--no-trackers', '--quiet', '--order', 'sequential', ...here.source];
    mkdirSync(join(here.home, 'folder'));
    for (const output of ['folder', 'slash/', 'file.bin']) {
      expect(await run(['download', here.file, '-o', join(here.home, output), ...options])).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      });
    }
    for (const file of ['folder/rxtorrent-demo', 'slash/rxtorrent-demo', 'file.bin'])
      expect(readFileSync(join(here.home, file)).equals(here.bytes)).toBe(true);
  });

  it('gives up when no source can help', async () => {
    const here = await world({ size: MiB });
    const alone = await run(['download', here.file, '-o', here.home, '--no-trackers']);
    expect(alone).toEqual({
      code: 4,
      stdout: '',
      stderr: 'rxtorrent: no source of peers: give a --tracker or a --peer\n',
    });
    const { code, stdout, stderr } = await run(['download', here.file, '-o', here.home, '--timeout', '1', '--json']);
    expect(code).toBe(4);
    expect(objects(stdout).slice(-2)).toMatchObject([
      { type: 'error', name: 'GaveUp', code: 'timeout' },
      { type: 'end', reason: 'gave-up', exitCode: 4 },
    ]);
    expect(stderr).toMatch(/^rxtorrent: no progress for 1 s [^\n]+\n$/);
  });

  it('ends with 3 when the disk can not do it', async () => {
    const here = await world({ size: MiB });
    writeFileSync(join(here.home, 'rxtorrent-demo'), 'in the way');
    const { code, stdout, stderr } = await run([
      'download',
      here.file,
      '-o',
      here.home,
      '--no-trackers',
      '--timeout',
      '5',
      ...here.source,
    ]);
    expect(stderr).toMatch(/^rxtorrent: [^\n]+\n$/);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  });
});

describe('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends it by itself with 130, and the next run goes on from there',
    async (signal) => {
      const here = await world({ size: 8 * MiB, rate: 4 * MiB });
      const args = ['download', here.file, '-o', here.home, '--no-trackers', '--json', ...here.source];
      const first = start(args);
      await first.says(/("type":"stored"[^]*){4}/);
      const asked = performance.now();
      first.kill(signal);
      const { code, stdout, stderr } = await first.ended;
      expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
      expect(performance.now() - asked).toBeLessThan(within(6000));
      const had = objects(stdout)
        .filter(({ type }) => type === 'stored')
        .map(({ index }) => index);
      expect(had.length).toBeLessThan(32);

      const second = await run(args);
      expect(second.code).toBe(0);
      const got = objects(second.stdout)
        .filter(({ type }) => type === 'stored')
        .map(({ index }) => index);
      expect(new Set([...had, ...got]).size).toBe(32);
      expect(got.filter((index) => had.includes(index))).toEqual([]);
      expect(downloaded(here, here.home)).toBe(true);
    },
  );

  it('does not wait for a tracker that hangs, but tells it', async () => {
    const heard: string[] = [];
    let port = 0;
    const server = createServer((request, response) => {
      const event = new URLSearchParams(request.url?.split('?')[1]).get('event') ?? '';
      heard.push(event);
      if (event === 'started')
        response.end(
          Buffer.concat([
            Buffer.from('d8:intervali60e5:peers6:\x7f\0\0\x01', 'latin1'),
            Buffer.from([port >> 8, port & 255]),
            Buffer.from('e'),
          ]),
        );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const here = await world({
      size: 8 * MiB,
      rate: 2 * MiB,
      announce: `http://127.0.0.1:${(server.address() as AddressInfo).port}/announce`,
    });
    port = Number(here.source[1]?.split(':')[1]);
    const running = start(['download', here.file, '-o', here.home, '--json']);
    await running.says(/"type":"stored"/);
    const asked = performance.now();
    running.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(performance.now() - asked).toBeLessThan(within(6500));
    expect(heard).toContain('stopped');
  });
});
