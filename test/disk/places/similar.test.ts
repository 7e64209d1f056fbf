import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { lastValueFrom, throwError, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { SimilarFile, Target } from '../../../src/contracts/storage.ts';
import { rootOfFile } from '../../../src/disk/places/fileRoot.ts';
import { download } from '../../../src/download/download.ts';
import { nodeEnv } from '../../../src/node.ts';
import { merkleRoot } from '../../../src/torrent/metainfo/merkle.ts';
import { parseTorrent } from '../../../src/torrent/metainfo/metainfo.ts';
import { sha256 } from '../../../src/protocol/encoding/id.ts';
import { bytesV2 } from '../../torrent/metainfo/madeV2.ts';
import { ended, withStorage } from '../opened.ts';
import { bytesOf, tempFolder } from '../torrents.ts';

const LEAF = 2 ** 14;
const film = { path: ['film'], bytes: bytesOf(100_000) };
const text = { path: ['sub', 'text'], bytes: bytesOf(5).reverse() };
const torrent = parseTorrent(bytesV2([film, text], 32_768));
const [first, second] = torrent.files as [(typeof torrent.files)[number], (typeof torrent.files)[number]];

/** The two files elsewhere, under other names, with the bytes given. */
const elsewhere = (bytes: Uint8Array = film.bytes): readonly SimilarFile[] => {
  const folder = tempFolder();
  const files = [
    { path: path.join(folder, 'one'), length: first.length, root: first.root as Uint8Array },
    { path: path.join(folder, 'two'), length: second.length, root: second.root as Uint8Array },
  ];
  fs.writeFileSync(path.join(folder, 'one'), bytes);
  fs.writeFileSync(path.join(folder, 'two'), text.bytes);
  return files;
};
const at = (folder: string, ...names: readonly string[]): string => path.join(folder, 'content', ...names);
const reused = (target: Target): Promise<void> =>
  withStorage(torrent, target, async (storage) => {
    await ended(storage.reuse?.() ?? throwError(() => new Error('it can reuse nothing')));
  });
const files = (folder: string): readonly string[] =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    // The lock goes when it likes.
    .filter((entry) => !entry.isDirectory() && !entry.name.endsWith('.lock'))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();

describe('similar files', () => {
  it('are copied, and then found as if they had been fetched, without any peer', async () => {
    const target = { folder: tempFolder(), similar: elsewhere() };
    const events = await lastValueFrom(download(torrent, nodeEnv(), { target, trackers: [] }).pipe(toArray()));
    expect(events.filter(({ type }) => type === 'rechecked')).toHaveLength(5);
    expect(events.at(-1)).toMatchObject({ type: 'done' });
    expect(fs.readFileSync(at(target.folder, 'film'))).toEqual(Buffer.from(film.bytes));
    expect(fs.readFileSync(at(target.folder, 'sub', 'text'))).toEqual(Buffer.from(text.bytes));
  });

  it('are no second names of one file: what is written to the copy is not in the source', async () => {
    const [folder, similar] = [tempFolder(), elsewhere()];
    fs.chmodSync(similar[0]?.path as string, 0o444);
    await reused({ folder, similar });
    expect(fs.lstatSync(at(folder, 'film')).ino).not.toBe(fs.lstatSync(similar[0]?.path as string).ino);
    fs.writeFileSync(at(folder, 'film'), 'new');
    expect(fs.readFileSync(similar[0]?.path as string)).toEqual(Buffer.from(film.bytes));
  });

  it('have no name of the torrent where their bytes are not those of the root; nothing of them is left', async () => {
    const wrong = film.bytes.slice();
    wrong[99_999] = 1 ^ (wrong[99_999] as number);
    const folder = tempFolder();
    await reused({ folder, similar: elsewhere(wrong) });
    expect(files(folder)).toEqual([path.join('content', 'sub', 'text')]);
  });

  it('are left alone where they are shorter, gone, a folder, or a link', async () => {
    const [folder, [one, two]] = [tempFolder(), elsewhere(film.bytes.subarray(1))];
    const link = `${two?.path}.link`;
    fs.symlinkSync(two?.path as string, link);
    const similar = [one, { ...two, path: link }] as readonly SimilarFile[];
    await reused({ folder, similar });
    await reused({ folder, similar: similar.map((file) => ({ ...file, path: path.dirname(file.path) })) });
    await reused({ folder, similar: similar.map((file) => ({ ...file, path: `${file.path}.gone` })) });
    expect(files(folder)).toEqual([]);
  });

  it('replace nothing, and are not asked for where a file is not wanted or all is only read', async () => {
    const [folder, similar] = [tempFolder(), elsewhere()];
    fs.mkdirSync(at(folder));
    fs.writeFileSync(at(folder, 'film'), 'mine');
    await reused({ folder, similar, wanted: (file) => file === 0, force: true });
    expect([files(folder), fs.readFileSync(at(folder, 'film'), 'utf8')]).toEqual([
      [path.join('content', 'film')],
      'mine',
    ]);
    const other = tempFolder();
    await reused({ folder: other, similar, readOnly: true });
    expect(files(other)).toEqual([]);
  });

  it('go on where a run before has been killed in the middle of a copy', async () => {
    const [folder, similar] = [tempFolder(), elsewhere()];
    const mark = Buffer.from(torrent.infoHash).toString('hex', 0, 4);
    fs.mkdirSync(at(folder));
    fs.writeFileSync(at(folder, `.film.${mark}.copy.rxtorrent`), 'half');
    await reused({ folder, similar });
    expect(files(folder)).toEqual([path.join('content', 'film'), path.join('content', 'sub', 'text')]);
  });
});

describe('the root of a file', () => {
  it('is that of all of its blocks in one tree, whatever its length', async () => {
    const name = path.join(tempFolder(), 'file');
    const lengths = fc.integer({ min: 1, max: 3 * 2 ** 20 });
    const edges = [1, LEAF, LEAF + 1, 2 ** 20, 2 ** 20 + 1, 2 ** 21].map((length): [number] => [length]);
    await fc.assert(
      fc.asyncProperty(lengths, async (length) => {
        const bytes = bytesOf(length);
        fs.writeFileSync(name, bytes);
        const leaves = Array.from({ length: Math.ceil(length / LEAF) }, (_, n) =>
          sha256(bytes.subarray(n * LEAF, (n + 1) * LEAF)),
        );
        expect(await rootOfFile(name, length)).toEqual(merkleRoot(new Uint8Array(Buffer.concat(leaves))));
        expect(await rootOfFile(name, length + 1)).toBeUndefined();
        expect(await rootOfFile(name, length, () => false)).toBeUndefined();
      }),
      { numRuns: 15, examples: edges },
    );
  });
});
