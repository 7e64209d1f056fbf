import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentOf } from '../swarm/content.ts';
import { peer } from '../swarm/fixture.ts';
import { checked } from './jsonRun.ts';
import { folder, objects, run } from './run.ts';

const show = contentOf({
  name: 'show',
  pieceLength: 32_768,
  files: ['a.nfo', 'b.mkv', 'c.srt'].map((name, nth) => ({ path: [name], length: (nth + 1) * 65_536 })),
});

describe('download --json of several files', () => {
  it('tells how far each is, those that are not wanted left out, and fetches in the order of priorities', async () => {
    const home = folder();
    const torrent = join(home, 'show.torrent');
    writeFileSync(torrent, show.metainfo);
    const from = ['--no-trackers', '--peer', `127.0.0.1:${(await peer(show)).port}`];
    const sooner = ['--files', '!1', '--first', 'c.*', '--priority', 'low:2', '--preview', '--memory', '1M'];
    const ended = await run(['download', torrent, '-o', `${home}/out/`, ...from, ...sooner, '--json']);
    expect(checked(ended).slice(0, 2)).toEqual([0, 'complete']);
    const told = objects(ended.stdout);
    const files = told.filter(({ type }) => type === 'files').flatMap(({ files }) => files as { number: number }[]);
    expect(files.filter(({ number }) => number === 1)).toEqual([]);
    for (const number of [2, 3])
      expect(files.findLast((file) => file.number === number)).toEqual({
        number,
        path: join(home, 'out', 'show', ['b.mkv', 'c.srt'][number - 2] as string),
        length: number * 65_536,
        stored: number * 65_536,
        wanted: true,
      });
    expect(told.findLastIndex(({ type }) => type === 'files')).toBeLessThan(
      told.findIndex(({ type }) => type === 'done'),
    );
    expect(ended.stderr).toBe('');
  });
});
