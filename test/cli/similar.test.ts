import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checked } from './jsonRun.ts';
import { fixture, folder, objects, run } from './run.ts';

/** A peer that is not there. */
const alone = ['--no-trackers', '--peer', '127.0.0.1:9', '--timeout', '20'];
const film = Buffer.alloc(150_000, 'film');

/** Two torrents that share a film, made by `create`: the files of the old one are there, those of the new one gone. */
const scene = async (version: '--v2' | '--hybrid' = '--v2') => {
  const [home, source] = [folder(), folder()];
  const at = (...names: readonly string[]): string => join(home, ...names);
  const create = async (from: string, name: string): Promise<void> => {
    const { code, stderr } = await run(['create', join(from, name), version, '-o', at(`${name}.torrent`)]);
    if (code !== 0) throw new Error(stderr);
  };
  for (const [place, name, other] of [
    [home, 'old', 'about'],
    [source, 'new', 'readme'],
  ] as const) {
    mkdirSync(join(place, name));
    writeFileSync(join(place, name, other), `this is ${name}`);
    writeFileSync(join(place, name, `${name}.mkv`), film);
    await create(place, name);
  }
  const download = (similar: string, out = 'out/') =>
    run(['download', at('new.torrent'), ...alone, '-o', at(out), '--files', 'new.mkv', '--similar', similar, '--json']);
  return { at, download, source };
};

describe('download --similar', () => {
  it.each(['--v2', '--hybrid'] as const)('fetches nothing of what another torrent has: %s', async (version) => {
    const { at, download } = await scene(version);
    const ended = await download(at('old.torrent'));
    expect(ended.stderr).toContain('1 file (146 KiB) of new may be on disk already');
    expect(checked(ended).slice(0, 2)).toEqual([0, 'complete']);
    expect(objects(ended.stdout).at(-1)).toMatchObject({ downloaded: 0 });
    expect(readFileSync(at('out', 'new', 'new.mkv')).equals(film)).toBe(true);
    expect(readFileSync(at('old', 'old.mkv')).equals(film)).toBe(true);
  });

  it('finds files in another folder, and all .torrents in one', async () => {
    const { at, download } = await scene();
    mkdirSync(at('torrents'));
    copyFileSync(at('old.torrent'), at('torrents', 'old.torrent'));
    const one = await download(`${at('torrents', 'old.torrent')}=${at()}`);
    expect(checked(one).slice(0, 2)).toEqual([0, 'complete']);
    writeFileSync(at('noise.torrent'), 'noise');
    const all = await download(at(), 'other/');
    expect(checked(all).slice(0, 2)).toEqual([0, 'complete']);
    expect(readFileSync(at('other', 'new', 'new.mkv')).equals(film)).toBe(true);
  });

  it('says where there are no hashes of files: version 1', async () => {
    const { at, download } = await scene();
    const other = await download(fixture('leaves.torrent'));
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('is of version 1 only')]);
    const gone = await download(at('nothing.torrent'));
    expect(gone.code).toBe(2);
  });
});
