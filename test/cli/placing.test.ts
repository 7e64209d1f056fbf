import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentOf } from '../swarm/content.ts';
import { peer } from '../swarm/fixture.ts';
import { checked } from './jsonRun.ts';
import { folder, objects, run } from './run.ts';

const show = contentOf({
  name: 'show',
  pieceLength: 32_768,
  files: ['a.nfo', 'b.mkv'].map((name, nth) => ({ path: [name], length: (nth + 1) * 65_536 })),
});
const b = show.bytes.subarray(65_536);

const scene = async () => {
  const home = folder();
  const torrent = join(home, 'show.torrent');
  writeFileSync(torrent, show.metainfo);
  const from = ['--no-trackers', '--peer', `127.0.0.1:${(await peer(show)).port}`];
  const download = (...args: readonly string[]) => run(['download', torrent, ...from, ...args, '--json']);
  return { home, at: (...names: readonly string[]) => join(home, ...names), download };
};

describe('download, with a place until all is there', () => {
  it('moves files to where they stay, under the names that the user wants, and finds them there', async () => {
    const { at, download } = await scene();
    const asked = ['-o', at('out/'), '--incomplete-dir', at('tmp'), '--part', '--rename', 'b.mkv=Films/b 1.mkv'];
    const first = await download(...asked, '--allocate', 'full');
    expect(checked(first).slice(0, 2)).toEqual([0, 'complete']);
    const paths = [at('out', 'show', 'a.nfo'), at('out', 'show', 'Films', 'b 1.mkv')];
    expect(objects(first.stdout).at(-1)).toMatchObject({ path: at('out', 'show'), paths });
    expect(objects(first.stdout)[0]).toMatchObject({ target: at('out', 'show') });
    expect(new Uint8Array(readFileSync(paths[1] as string))).toEqual(new Uint8Array(b));
    expect([readdirSync(at('tmp')), readdirSync(at('out'))]).toEqual([[], ['show']]);
    const again = await download(...asked);
    expect([checked(again).slice(0, 2), objects(again.stdout).at(-1)]).toMatchObject([
      [0, 'complete'],
      { downloaded: 0 },
    ]);
  });

  it('--move-to; and goes on with what another client has begun', async () => {
    const { at, download } = await scene();
    mkdirSync(at('here', 'show'), { recursive: true });
    writeFileSync(at('here', 'show', 'b.mkv.!qB'), b.subarray(0, 65_536));
    const ended = await download('-o', at('here/'), '--move-to', at('there'), '--adopt');
    expect(checked(ended).slice(0, 2)).toEqual([0, 'complete']);
    expect(objects(ended.stdout).at(-1)).toMatchObject({ downloaded: show.bytes.length - 65_536 });
    expect(readdirSync(at('there', 'show')).sort()).toEqual(['a.nfo', 'b.mkv']);
    expect(existsSync(at('here', 'show'))).toBe(false);
  });

  it('refuses what names no file, and a pipe', async () => {
    const { download, home } = await scene();
    const refused = await download('--rename', 'c=d', '-o', `${home}/`);
    expect(checked(refused).slice(0, 2)).toEqual([2, 'error']);
    const torrent = join(home, 'show.torrent');
    const piped = await run(['download', torrent, '--files', '1', '-o', '-', '--part']);
    expect([piped.code, piped.stderr]).toEqual([2, expect.stringContaining('leave out --part')]);
  });
});
