import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstValueFrom, shareReplay } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seed } from '../../src/cli/demo/seed.ts';
import { bytesOf } from '../../src/cli/io/units.ts';
import { type ContentSpec, contentOf } from '../swarm/content.ts';
import { folder, run, start } from './run.ts';

const MiB = 2 ** 20;
const GO_ON = 'run the same command again to resume';

/** A torrent and one seed of it. */
const world = async (rate: number, spec: ContentSpec = { name: 'content', length: 2 * MiB }) => {
  const home = folder();
  const { torrent, metainfo, bytes } = contentOf(spec);
  const file = join(home, 'a.torrent');
  writeFileSync(file, metainfo);
  const port$ = seed({ torrent, bytes, peerId: Buffer.alloc(20, 's'), rate }).pipe(
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  const running = port$.subscribe();
  onTestFinished(() => running.unsubscribe());
  const from = ['--no-trackers', '--peer', `127.0.0.1:${await firstValueFrom(port$)}`];
  return { home, file, from, place: join(home, torrent.name), download: ['download', file, '-o', home, ...from] };
};

/** What `--verbose` tells of may come after it. */
const lastOf = (stderr: string): string => stderr.split('\n').find((line) => line.includes('stopped: ')) ?? '';

describe('the last line of a download that is stopped', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s says how much is there and how to go on, which is true',
    async (signal) => {
      const { place, download } = await world(MiB / 4);
      const running = start([...download, '--verbose=disk']);
      await running.says(/(piece \d+ stored[^]*){6}/);
      running.kill(signal);
      const { code, stdout, stderr } = await running.ended;
      expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
      const stored = stderr.match(/piece \d+ stored/g)?.length ?? 0;
      expect(stored).toBeGreaterThan(5);
      expect(lastOf(stderr)).toBe(`${place}: stopped: ${bytesOf(stored * 32_768, 2 * MiB)} verified; ${GO_ON}`);
      const again = await run(download);
      expect(again.code).toBe(0);
      const [, fetched = ''] = /complete, 2\.00 MiB \((\S+ \S+) in/.exec(again.stdout) ?? [];
      expect(fetched).not.toBe('2.00 MiB');
    },
  );

  it('is not said with --quiet', async () => {
    const { download } = await world(MiB / 8);
    const running = start([...download, '--quiet', '--verbose=disk']);
    await running.says(/stored/);
    running.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).not.toContain('is there');
  });

  it('says of a magnet link that no peer has told the metadata yet', async () => {
    const hash = '89d97c2261a21b040cf11caa661a3ba7233bb7e6';
    const running = start(['download', hash, '--no-trackers', '--peer', '127.0.0.1:1']);
    // Before that it is told who has been asked; nothing of it looks finished.
    await running.says(/connecting to 1 peer, to ask what the link stands for[^\n]*\n {2}manual: 1 found/);
    running.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).not.toContain('100 %');
    expect(stderr).toContain(`${hash}: stopped: the metadata of the link is not known yet; ${GO_ON}\n`);
  });

  it('says all of it, and what was given, while it seeds', async () => {
    const { place, download } = await world(1000 * MiB);
    const running = start([...download, '--seed']);
    await running.says(/; seeding/);
    running.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(lastOf(stderr)).toMatch(
      new RegExp(`^${place}: stopped: all 2\\.00 MiB verified; 0 B uploaded, ratio 0\\.00, in \\S+ m?s; ${GO_ON}$`),
    );
  });

  it('is there, too, when it gives up', async () => {
    const { home, file, place, download } = await world(MiB);
    const running = start([...download, '--verbose=disk']);
    await running.says(/(piece \d+ stored[^]*){2}/);
    running.kill('SIGINT');
    await running.ended;
    const { code, stderr } = await run([
      'download',
      file,
      '-o',
      home,
      '--no-trackers',
      '--peer',
      '127.0.0.1:1',
      '--timeout',
      '1',
    ]);
    expect(code).toBe(4);
    expect(stderr).toMatch(
      new RegExp(`^${place}: \\S+( KiB)? of 2\\.00 MiB verified; ${GO_ON}\nrxtorrent: no progress for 1 s`, 'm'),
    );
  });

  it('does not promise what is not so: what the demo has is thrown away', async () => {
    const running = start(['demo', '--verbose=disk'], { env: { TMPDIR: folder() } });
    await running.says(/stored/);
    running.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/stopped: .* verified$/m);
    expect(stderr).not.toContain(GO_ON);
  });

  it('promises what is so though a .torrent was to be written', async () => {
    const { home, download } = await world(MiB);
    const saving = [...download, '--save-torrent', join(home, 'saved.torrent')];
    const running = start([...saving, '--verbose=disk']);
    await running.says(/stored/);
    running.kill('SIGINT');
    expect((await running.ended).stderr).toContain(GO_ON);
    expect((await run(saving)).code).toBe(0);
    // Another torrent is not replaced by it.
    const other = await world(MiB, { name: 'other', length: MiB, seed: 2 });
    const { code, stderr } = await run([...other.download, '--save-torrent', join(home, 'saved.torrent')]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('saved.torrent exists already') as string,
    });
  });
});

describe('the last line of a download that is complete', () => {
  it('has all of it when it goes on to seed, not what was there a moment before', async () => {
    const { place, download } = await world(6 * MiB);
    const { code, stdout, stderr } = await run([...download, '--seed', '--seed-time', '1']);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      new RegExp(`^${place}: complete, 2\\.00 MiB \\(2\\.\\d\\d MiB in \\S+ s, \\S+ [KM]iB/s\\).*; seeding$`, 'm'),
    );
    expect(stdout).toMatch(new RegExp(`^${place}: 0 B uploaded, ratio 0\\.00, in \\S+ s\n$`));
  });

  it('says how many of the files are there', async () => {
    const files = ['a', 'b', 'c', 'd'].map((name) => ({ path: [name], length: 100_000 }));
    const { place, download } = await world(1000 * MiB, { name: 'folder', files });
    const { code, stdout } = await run([...download, '--files', '1,3']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${place}: complete, 195 KiB \\(.*/s\\), 2 of 4 files`));
    expect((await run([...download, '--files', '1,3'])).stdout).toBe(
      `${place}: complete, 195 KiB, all of it on disk already, 2 of 4 files\n`,
    );
  });
});

describe('what is said on a pipe while several are downloaded', () => {
  it('is all together after two seconds, and a line for each', async () => {
    const { home, file, from } = await world(MiB / 4);
    const link = '89d97c2261a21b040cf11caa661a3ba7233bb7e6';
    const running = start(['download', file, link, '-o', home, ...from, '--max-active', '1']);
    await running.says(/waiting\n/);
    running.kill('SIGINT');
    const { stderr } = await running.ended;
    expect(stderr.split('\n').slice(0, 4)).toEqual([
      '2 torrents',
      expect.stringMatching(/^2 torrents: 1 waiting; \d+\.\d %, ↓ .*, \S+ KiB of 2\.00 MiB, 1 peer$/) as string,
      expect.stringMatching(/^ {2}content: \d+\.\d %, /) as string,
      `  ${link}: waiting`,
    ]);
    expect(stderr).not.toMatch(/\x1b/);
  });
});
