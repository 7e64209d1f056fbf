import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { infoLines, infoObject } from '../../src/cli/views/info.ts';
import { encode } from '../../src/protocol/encoding/bencode.ts';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { parseTorrent, type Torrent } from '../../src/torrent/metainfo/metainfo.ts';
import { contentOf } from '../swarm/content.ts';
import { peer } from '../swarm/fixture.ts';
import { withMetadata } from '../swarm/metadata.ts';
import { folder, run, told } from './run.ts';

const P = 16_384;

interface Entry {
  readonly path: readonly string[];
  readonly length?: number;
  readonly attr?: string;
  readonly 'symlink path'?: readonly string[];
}

const bytesOf = (name: string, files: readonly Entry[]): Uint8Array => {
  const length = files.reduce((sum, { length = 0 }) => sum + length, 0);
  return encode({
    info: {
      files: files.map((file) => ({ ...file })),
      name,
      'piece length': P,
      pieces: new Uint8Array(20 * Math.ceil(length / P)),
    },
  });
};
const torrentOf = (name: string, files: readonly Entry[]): Torrent => parseTorrent(bytesOf(name, files));

/** What stands between the number of files and the hashes. */
const treeOf = (lines: readonly string[]): readonly string[] =>
  lines.slice(lines.findIndex((line) => line.startsWith('Files:')) + 1, lines.indexOf('Piece Hashes:'));

const SHOW: readonly Entry[] = [
  { path: ['readme.txt'], length: 100 },
  { path: ['.pad', '16284'], length: P - 100, attr: 'p' },
  { path: ['Season 1', 'e1.mkv'], length: 2 * P },
  { path: ['Season 1', 'extras', 'tool'], length: P, attr: 'x' },
  { path: ['Season 1', 'extras', '.secret'], length: 0, attr: 'hx' },
  { path: ['Season 1', 'e2.mkv'], length: P },
  { path: ['best.mkv'], length: 0, attr: 'l', 'symlink path': ['Season 1', 'e1.mkv'] },
  { path: ['odd.mkv'], attr: 'l' },
];

describe('the files that info shows', () => {
  it('are a tree with numbers and sizes, folders above what is in them; padding is neither shown nor counted', () => {
    const lines = infoLines(torrentOf('show', SHOW), 20, undefined);
    expect(lines).toContain('Files: 7');
    expect(treeOf(lines)).toEqual([
      '1     100 B  readme.txt',
      '             Season 1/',
      '2  32.0 KiB    e1.mkv',
      '               extras/',
      '3  16.0 KiB      tool (executable)',
      '4       0 B      .secret (executable, hidden)',
      '5  16.0 KiB    e2.mkv',
      '6       0 B  best.mkv -> Season 1/e1.mkv',
      '7       0 B  odd.mkv (symbolic link)',
    ]);
  });

  it('are marked, padding is not counted in length, and paths are those that are written, for a program', () => {
    const torrent = torrentOf('show', SHOW);
    expect(infoLines(torrent, 20, undefined)).toEqual(
      expect.arrayContaining(['Length: 65636', 'Size: 64.1 KiB and 15.9 KiB of padding in 5 pieces']),
    );
    expect(infoObject(torrent, false, undefined)).toMatchObject({
      type: 'info',
      length: 65_636,
      paddingLength: 16_284,
      path: 'show',
      files: [
        { number: 1, path: 'show/readme.txt', originalPath: 'show/readme.txt', length: 100 },
        { originalPath: 'show/.pad/16284', length: 16_284, padding: true },
        { number: 2, path: 'show/Season 1/e1.mkv', length: 2 * P },
        { number: 3, executable: true },
        { number: 4, hidden: true, executable: true },
        { number: 5 },
        { number: 6, symlink: 'Season 1/e1.mkv', length: 0 },
        { number: 7, symlink: true },
      ],
    });
  });

  it('say what they become where the system can not have their names', () => {
    const torrent = torrentOf('a\u202eb', [
      { path: ['x\u202ey', 'z.txt'], length: 5 },
      { path: ['x\u202ey', '..', 'up\u0007.txt'], length: 5 },
      { path: ['fine.txt'], length: 5 },
      { path: ['be\u0007ep'], length: 5 },
    ]);
    const lines = infoLines(torrent, 20, undefined);
    const { path, files } = infoObject(torrent, false, undefined);
    expect(lines).toContain(`Saved As: ${String(path)}`);
    const [, inner = ''] = (files[0]?.path ?? '').split('/');
    expect(treeOf(lines)).toEqual([
      `             x\\u{202e}y/ (saved as ${inner}/)`,
      '1       5 B    z.txt',
      '             x\\u{202e}y/',
      '               ../',
      `2       5 B      up\\x07.txt (saved as ${files[1]?.path?.split('/').slice(1).join('/')})`,
      '3       5 B  fine.txt',
      `4       5 B  be\\x07ep (saved as ${files[3]?.path?.split('/')[1]})`,
    ]);
    expect(files.map(({ originalPath }) => originalPath)[3]).toBe('a\u202eb/be\u0007ep');
    expect(lines.join('\n')).not.toMatch(/[\u0007\u202e]/);
  });

  it('of the largest torrent take as much longer as there are more, however its folders lie', () => {
    const timeOf = (count: number): number => {
      const torrent = torrentOf(
        'many',
        Array.from({ length: count }, (_, at) => ({ path: [`f${at % 3}`, `h${at % 1000}`, `n${at}`], length: 1 })),
      );
      const began = performance.now();
      expect(treeOf(infoLines(torrent, 20, [[5, count / 2]])).filter((line) => line.startsWith('* '))).toHaveLength(
        count / 2 - 4,
      );
      expect(JSON.stringify(infoObject(torrent, false, [[5, count / 2]])).length).toBeGreaterThan(count);
      return performance.now() - began;
    };
    timeOf(1000);
    // Eight times as many: the square would be 64 times as long.
    expect(timeOf(24_000) / timeOf(3000)).toBeLessThan(32);
  });

  it('of the deepest are not indented out of sight', () => {
    const [, deep = ''] = treeOf(
      infoLines(torrentOf('deep', [{ path: Array<string>(100).fill('d'), length: 1 }]), 20, undefined),
    ).slice(-2);
    expect(deep.length).toBeLessThan(60);
  });
});

describe('the files that would be fetched', () => {
  const save = (): string => {
    const file = join(folder(), 'show.torrent');
    writeFileSync(file, bytesOf('show', SHOW));
    return file;
  };

  it('are marked by --files, with the link that selects them', async () => {
    const { stdout } = await run(['info', save(), '--files', '*.mkv', '--files', '!6-']);
    expect(stdout).toMatch(/^Magnet Link: .*&so=2,5$/m);
    expect(stdout).toContain('Selected: 2 of 7 files, 48.0 KiB (number 2,5)\n');
    expect(stdout).toContain('  1     100 B  readme.txt\n               Season 1/\n* 2  32.0 KiB    e1.mkv\n');
    const json = (await run(['info', save(), '--files', '1', '--json'])).stdout;
    expect((told(json)[0] as { files: { selected?: boolean }[] }).files.map(({ selected }) => selected)).toEqual([
      true,
      undefined,
      ...Array<boolean>(6).fill(false),
    ]);
    expect(await run(['info', save(), '--files', '8'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there are 7 files') as string,
    });
  });

  it('are those of a magnet link, by the numbers of info; --files goes before it', async () => {
    const content = contentOf({
      name: 'a',
      pieceLength: P,
      files: [
        { path: ['a'], length: P },
        { path: ['b'], length: P },
      ],
    });
    const seed = await peer(content, withMetadata(content));
    const link = `magnet:?xt=urn:btih:${toHex(content.torrent.infoHash)}&x.pe=127.0.0.1:${seed.port}&so=1`;
    expect((await run(['info', link])).stdout).toContain('Selected: 1 of 2 files, 16.0 KiB (number 2)\n');
    expect((await run(['info', link, '--files', '1'])).stdout).toContain('(number 1)\n');
    expect((await run(['magnet_parse', link])).stdout).toContain(
      'Selected Files: 2 (counted from 1, padding included)\n',
    );
  });
});
