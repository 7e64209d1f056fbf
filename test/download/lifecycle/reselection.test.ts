import fs from 'node:fs';
import path from 'node:path';
import { BehaviorSubject, type Subscription } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { download } from '../../../src/download/download.ts';
import type { DownloadOptions, Selection } from '../../../src/download/options.ts';
import type { Done } from '../../../src/contracts/events.ts';
import { type Content, contentOf, newFolder } from '../../swarm/content.ts';
import { addresses, peers } from '../../swarm/fixture.ts';
import { eventually, threadless } from '../../swarm/run.ts';

const KiB = 1024;
const content: Content = contentOf({
  name: 'several',
  files: [
    { path: ['x'], length: 48 * KiB },
    { path: ['y'], length: 48 * KiB },
    { path: ['z'], length: 64 * KiB },
    { path: ['empty'], length: 0 },
  ],
});

interface Seeding {
  readonly folder: string;
  readonly select$: BehaviorSubject<Selection>;
  readonly done: Done[];
  readonly errors: unknown[];
  readonly run: Subscription;
}

/** Downloads `first`, and seeds. */
const seeding = async (
  first: Selection,
  { folder = newFolder(), ...options }: { readonly folder?: string } & Partial<DownloadOptions> = {},
): Promise<Seeding> => {
  const seeds = await peers(content, [{}]);
  const select$ = new BehaviorSubject<Selection>(first);
  const [done, errors]: [Done[], unknown[]] = [[], []];
  const given = { target: { folder }, trackers: [], peers: addresses(seeds), seed: {}, ...options };
  const run = download(content.torrent, threadless(), { ...given, select: select$ }).subscribe({
    next: (event) => void (event.type === 'done' && done.push(event)),
    error: (error: unknown) => errors.push(error),
  });
  onTestFinished(() => run.unsubscribe());
  expect(await eventually(() => done.length === 1)).toBe(true);
  return { folder, select$, done, errors, run };
};

const names = (folder: string): string[] => fs.readdirSync(path.join(folder, 'several')).sort();
const isRight = (folder: string, file: number): boolean => {
  const { path: name, offset, length } = content.torrent.files[file] as Content['torrent']['files'][number];
  const bytes = fs.readFileSync(path.join(folder, 'several', ...name));
  return Buffer.compare(bytes, content.bytes.subarray(offset, offset + length)) === 0;
};

describe('files that are selected while the torrent is seeded', () => {
  it('are fetched, an empty one is made, and it is done again', async () => {
    const { folder, select$, done, run } = await seeding([[0, 0]]);
    expect(names(folder)).toEqual(['x']);
    select$.next([[0, 1]]);
    expect(await eventually(() => done.length === 2)).toBe(true);
    expect([names(folder), isRight(folder, 0), isRight(folder, 1)]).toEqual([['x', 'y'], true, true]);
    select$.next([[0, 3]]);
    expect(await eventually(() => done.length === 3)).toBe(true);
    expect([names(folder), isRight(folder, 2)]).toEqual([['empty', 'x', 'y', 'z'], true]);
    expect(done.map(({ length, paths }) => [length, paths.length])).toEqual([
      [48 * KiB, 1],
      [96 * KiB, 2],
      [160 * KiB, 4],
    ]);
    run.unsubscribe();
  });

  it('are done again at once if only an empty one is new', async () => {
    const { folder, select$, done } = await seeding([[0, 2]]);
    expect(names(folder)).toEqual(['x', 'y', 'z']);
    select$.next([[0, 3]]);
    expect(await eventually(() => done.length === 2)).toBe(true);
    expect(names(folder)).toEqual(['empty', 'x', 'y', 'z']);
  });

  it('are refused if another program has put something there', async () => {
    const { folder, select$, done, errors } = await seeding([[0, 0]]);
    // The border of both files is kept apart: that says nothing about this file.
    fs.writeFileSync(path.join(folder, 'several', 'y'), Buffer.alloc(48 * KiB, 'theirs'));
    select$.next([[0, 1]]);
    expect(await eventually(() => errors.length === 1)).toBe(true);
    expect(errors).toMatchObject([{ code: 'occupied' }]);
    expect(
      fs
        .readFileSync(path.join(folder, 'several', 'y'))
        .subarray(0, 6)
        .toString(),
    ).toBe('theirs');
    expect(done.length).toBe(1);
  });

  it('are refused if they are longer than the torrent has them, an empty one too', async () => {
    const { folder, select$, errors } = await seeding([[0, 0]]);
    fs.writeFileSync(path.join(folder, 'several', 'empty'), 'theirs');
    select$.next([[0, 3]]);
    expect(await eventually(() => errors.length === 1)).toBe(true);
    expect(errors).toMatchObject([{ code: 'occupied' }]);
    expect(fs.readFileSync(path.join(folder, 'several', 'empty'), 'utf8')).toBe('theirs');
  });

  it('are written to if they hold nothing but zeros: other clients reserve room that way', async () => {
    const { folder, select$, done, errors } = await seeding([[0, 0]]);
    fs.writeFileSync(path.join(folder, 'several', 'z'), Buffer.alloc(64 * KiB));
    select$.next([
      [0, 0],
      [2, 2],
    ]);
    expect(await eventually(() => done.length === 2 || errors.length > 0)).toBe(true);
    expect([errors, isRight(folder, 2)]).toEqual([[], true]);
  });

  it('replace what is there if the user insists', async () => {
    const folder = newFolder();
    const { select$, done } = await seeding([[0, 0]], { target: { folder, force: true } });
    fs.writeFileSync(path.join(folder, 'several', 'y'), Buffer.alloc(99 * KiB, 'theirs'));
    select$.next([[0, 1]]);
    expect(await eventually(() => done.length === 2)).toBe(true);
    expect(isRight(folder, 1)).toBe(true);
  });

  it('must be there if nothing is to be fetched', async () => {
    const { folder, run } = await seeding([[0, 1]]);
    run.unsubscribe();
    const { select$, done, errors } = await seeding([[0, 0]], { folder, seed: { only: true } });
    select$.next([[0, 1]]);
    expect(await eventually(() => done.length === 2)).toBe(true);
    select$.next([[0, 2]]);
    expect(await eventually(() => errors.length === 1)).toBe(true);
    expect(errors).toMatchObject([{ code: 'missing' }]);
  });

  it('are known to the next run', async () => {
    const { folder, select$, done, run } = await seeding([[0, 0]]);
    select$.next([[0, 3]]);
    expect(await eventually(() => done.length === 2)).toBe(true);
    run.unsubscribe();
    // The note is written before the files are let go.
    expect(await eventually(() => !fs.readdirSync(folder).some((name) => name.endsWith('.lock')))).toBe(true);
    const again = await seeding(undefined, { folder, peers: [] });
    expect(again.done[0]?.downloaded).toBe(0);
  });
});
