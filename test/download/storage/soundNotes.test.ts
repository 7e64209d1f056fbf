import fs from 'node:fs';
import path from 'node:path';
import { concat, EMPTY, from, lastValueFrom, map, mergeMap, type Observable, tap, throwError } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writePieces } from '../../../operators/writePieces.ts';
import type { CheckedPiece } from '../../../src/contracts/peer.ts';
import type { Storage, Target } from '../../../src/contracts/storage.ts';
import { openStorage } from '../../../src/disk/files/fileStorage.ts';
import { resumption } from '../../../src/download/storage/resumption.ts';
import { scoped } from '../../../src/download/streams/scoped.ts';
import { Geometry } from '../../../src/torrent/geometry.ts';
import { PiecePicker } from '../../../src/torrent/picker/piecePicker.ts';
import { decodeResume, encodeResume, type ResumeNote } from '../../../src/torrent/pieces/resumeNote.ts';
import { bytesOf, tempFolder, torrentOf } from '../../disk/torrents.ts';

// Pieces of 32: a 0–3, b 3–6.
const files = [
  { path: ['a'], length: 100 },
  { path: ['b'], length: 100 },
];
const data = bytesOf(200, 7);
const torrent = torrentOf({ files, data });
const all = [0, 1, 2, 3, 4, 5, 6];
let folder = '';
let state = '';
const a = (): string => path.join(folder, 'name', 'a');

const noteAt = (): string => {
  const [place] = fs.readdirSync(path.join(state, 'resume'));
  return path.join(state, 'resume', place as string, Buffer.from(torrent.infoHash).toString('hex'));
};
const note = (): ResumeNote => decodeResume(fs.readFileSync(noteAt()), torrent) as ResumeNote;
const noted = (change: Partial<ResumeNote>): void => fs.writeFileSync(noteAt(), encodeResume({ ...note(), ...change }));

interface Run {
  readonly storage: Storage;
  readonly parts: ReturnType<typeof resumption>;
  readonly picker: PiecePicker;
}

/** One run of a client, and which pieces it has verified. */
const run = async (
  use: (run: Run) => Observable<unknown>,
  { recheck = false, ...target }: Partial<Target> & { readonly recheck?: boolean } = {},
): Promise<readonly number[]> => {
  const verified: number[] = [];
  const env = { verify: () => (piece: { readonly index: number }) => verified.push(piece.index) > 0 };
  const main$ = scoped(openStorage(torrent, { folder, readOnly: true, ...target }, state), (storage) => {
    const picker = new PiecePicker(new Geometry(torrent), { random: () => 0.5 });
    return use({ storage, picker, parts: resumption(torrent, env, storage, picker, { recheck }) });
  });
  await lastValueFrom(main$, { defaultValue: undefined });
  return verified.sort((one, other) => one - other);
};

/** Restores, gives these pieces, and ends. */
const giving =
  (pieces: readonly number[]) =>
  ({ parts: { restore$, shelf, remember } }: Run): Observable<unknown> =>
    concat(
      restore$,
      from(pieces).pipe(mergeMap((index) => shelf.read(index, 0, new Uint8Array(8)))),
      EMPTY.pipe(remember),
    );
const seeded = (pieces = all, options = {}): Promise<readonly number[]> => run(giving(pieces), options);

/** The clock that files are stamped by is coarse. */
const later = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 20));

beforeEach(() => {
  folder = tempFolder();
  state = tempFolder();
  fs.mkdirSync(path.join(folder, 'name'));
  fs.writeFileSync(a(), data.subarray(0, 100));
  fs.writeFileSync(path.join(folder, 'name', 'b'), data.subarray(100));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
  fs.rmSync(state, { recursive: true });
});

describe('pieces that an earlier run has verified', () => {
  it('are given without being verified again, by any number of runs', async () => {
    expect(await seeded([])).toEqual(all);
    expect(note()).toMatchObject({ clean: true, sound: true });
    expect(await seeded()).toEqual([]);
    expect(await seeded()).toEqual([]);
  });

  it('are verified again if the user wants it', async () => {
    await seeded([]);
    expect(await seeded([], { recheck: true })).toEqual(all);
  });

  it('are verified again in a file that was edited in place, though its modification time was set back', async () => {
    const { mtime, atime } = fs.statSync(a());
    await seeded([]);
    await later();
    const fd = fs.openSync(a(), 'r+');
    fs.writeSync(fd, 'x', 50);
    fs.closeSync(fd);
    fs.utimesSync(a(), atime, mtime);
    expect(fs.statSync(a()).mtime).toEqual(mtime);
    expect(await seeded()).toEqual([0, 1, 2, 3]);
  });

  it.each<[string, () => void]>([
    [
      'that was copied over',
      () => {
        const copy = path.join(folder, 'copy');
        fs.copyFileSync(a(), copy);
        fs.copyFileSync(copy, a());
      },
    ],
    [
      'that is another one with the same name',
      () => {
        const { mtime, atime } = fs.statSync(a());
        fs.copyFileSync(a(), `${a()}-`);
        fs.utimesSync(`${a()}-`, atime, mtime);
        fs.renameSync(`${a()}-`, a());
      },
    ],
    ['that was cut', () => fs.truncateSync(a(), 40)],
  ])('are verified again in a file %s', async (_, change) => {
    await seeded([]);
    await later();
    change();
    expect(await seeded([])).toEqual([0, 1, 2, 3]);
  });

  it('are verified before they are given where the note knows neither inode nor time of change', async () => {
    await seeded([]);
    const unknown = (ino: number, ctime: number): void =>
      noted({ stamps: note().stamps.map((stamp, n) => (n === 0 ? { ...stamp, ino, ctime } : stamp)) });
    const [{ ino = 0, ctime = 0 }] = note().stamps as [ResumeNote['stamps'][0]];
    unknown(0, ctime);
    expect(await seeded([1, 5])).toEqual([1, 5]);
    unknown(ino, 0);
    expect(await seeded([1, 5])).toEqual([1, 5]);
  });

  it('are verified before they are given after the machine has started anew, and from then on no more', async () => {
    await seeded([]);
    noted({ boot: 'before' });
    expect(await seeded([2])).toEqual([2]);
    expect(note()).toMatchObject({ clean: true, sound: false });
    expect(await seeded()).toEqual(all);
    expect(note()).toMatchObject({ clean: true, sound: true });
    expect(await seeded()).toEqual([]);
  });

  it('are verified again if a file was edited while it was seeded', async () => {
    await run(({ parts: { restore$, remember } }) =>
      concat(
        restore$.pipe(
          tap(({ type }) => {
            if (type === 'restored') fs.writeFileSync(a(), data.subarray(0, 100));
          }),
        ),
        EMPTY.pipe(remember),
      ),
    );
    expect(note()).toMatchObject({ clean: true, sound: false });
    expect(await seeded([0, 6])).toEqual([0, 6]);
  });
});

describe('pieces that an earlier run has written', () => {
  /** Writes these pieces, as they come from peers, and goes on with `end`. */
  const writing =
    (pieces: readonly number[], end: Observable<never> = EMPTY) =>
    ({ parts: { restore$, writable, remember }, picker }: Run): Observable<unknown> => {
      const { geometry } = picker;
      const ledger = { geometry, settle: ({ index }: { readonly index: number }): void => picker.restore(index) };
      const piece = (index: number): CheckedPiece => {
        const bytes = data.slice(32 * index, 32 * index + 32);
        return { index, bytes, from: [], valid: true, release: () => undefined };
      };
      return concat(restore$, concat(from(pieces).pipe(map(piece)), end).pipe(writePieces(writable, ledger), remember));
    };
  const downloaded = (pieces: readonly number[], end?: Observable<never>): Promise<readonly number[]> =>
    run(writing(pieces, end), { readOnly: false });
  beforeEach(() => fs.rmSync(path.join(folder, 'name'), { recursive: true }));

  it('are given without being verified, if the download came to its end', async () => {
    expect(await downloaded(all)).toEqual([]);
    expect(note()).toMatchObject({ clean: true, sound: true });
    expect(await seeded()).toEqual([]);
  });

  it('are verified before they are given, if the run before was interrupted', async () => {
    await downloaded([0, 1, 2, 3]);
    expect(await downloaded([4, 5, 6])).toEqual([]);
    expect(note()).toMatchObject({ clean: true, sound: false });
    expect(await seeded()).toEqual(all);
    expect(await seeded()).toEqual([]);
  });

  it('are verified before they are given, if the process was killed', async () => {
    const left = throwError(() => new Error('killed'));
    await expect(downloaded(all, left)).rejects.toThrow('killed');
    expect(await seeded()).toEqual(all);
  });
});
