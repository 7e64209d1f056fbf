import fc from 'fast-check';
import { EMPTY, lastValueFrom, of, tap, timer, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { corrupts, drawn, honest, type Mark, type Stage } from '../../../marbles/index.ts';
import { pieceBytes } from '../../../marbles/torrent.ts';
import { concatStorage } from '../../../src/disk/files/concatStorage.ts';
import { memoryStorage } from '../../../src/disk/files/memoryStorage.ts';
import { download } from '../../../src/download/download.ts';
import { InvariantError, StorageError } from '../../../src/contracts/errors.ts';
import type { DownloadEvent } from '../../../src/contracts/events.ts';
import type { Storage } from '../../../src/contracts/storage.ts';
import { torrentOf } from '../torrents.ts';

const files = [
  { path: ['a'], length: 10 },
  { path: ['deep', 'b'], length: 30 },
  { path: ['c'], length: 10 },
];
const torrent = torrentOf({ files });
const told = (marks: readonly Mark[]): readonly string[] =>
  marks.flatMap(({ kind, value }) => (kind === 'value' ? [(value as DownloadEvent).type] : []));

/** Looks when all is over. */
const after = (stage: Stage, look: () => void): void => void stage.watch(timer(599_000).pipe(tap(look)));

/** What a download into `storage` tells. */
const into = (stage: Stage, storage: Storage, until: string): readonly Mark[] => {
  const peers = { '10.1.0.1:7000': corrupts([1], honest({ pace: 5 })), '10.1.0.2:7000': honest({ latency: 200 }) };
  const { env } = stage.world({ peers });
  return stage.watch(
    download(stage.torrent, { ...env, openStorage: () => of(storage) }, { target: { folder: '.' } }),
    until,
  );
};

describe('memoryStorage', () => {
  it('holds what was downloaded, though all of it was lent', () => {
    drawn((stage) => {
      const storage = memoryStorage(stage.torrent);
      const marks = into(stage, storage, '^ 10m !');
      after(stage, () => {
        expect(told(marks).at(-1)).toBe('done');
        for (const index of [0, 1]) {
          const [from, size] = [stage.geometry.pieceOffset(index), stage.geometry.pieceSize(index)];
          expect(storage.bytes.subarray(from, from + size)).toEqual(pieceBytes(stage.geometry, index));
        }
      });
    })();
  });

  it('remembers between two downloads: the second one fetches nothing', () => {
    let storage: Storage | undefined;
    for (const last of [false, true]) {
      let marks: readonly Mark[] = [];
      drawn((stage) => {
        storage ??= memoryStorage(stage.torrent);
        marks = into(stage, storage, '^ 10m !');
      })();
      expect(told(marks).includes('stored')).toBe(!last);
      expect(told(marks).includes('restored')).toBe(last);
      expect(told(marks).includes('rechecked')).toBe(false);
      expect(told(marks).at(-1)).toBe('done');
    }
  });

  it('copies what it is given, gives what it has, and knows which files there are', async () => {
    const storage = memoryStorage(torrent);
    const lent = Uint8Array.of(1, 2, 3, 4);
    expect(await lastValueFrom(storage.write(8, lent))).toBe(4);
    lent.fill(9);
    expect([...storage.bytes.subarray(7, 13)]).toEqual([0, 1, 2, 3, 4, 0]);
    expect([...storage.file(1).subarray(0, 3)]).toEqual([3, 4, 0]);
    const into = new Uint8Array(5);
    expect(await lastValueFrom(storage.read(7, into))).toBe(5);
    expect([...into]).toEqual([0, 1, 2, 3, 4]);
    expect(await lastValueFrom(storage.read(48, into))).toBe(2);
    expect(await lastValueFrom(storage.stamps())).toEqual([
      { size: 10, mtime: 1 },
      { size: 30, mtime: 1 },
      { size: -1, mtime: 0 },
    ]);
    await lastValueFrom(storage.finish().pipe(toArray()));
    expect((await lastValueFrom(storage.stamps())).map(({ size }) => size)).toEqual([10, 30, 10]);
    expect(storage.paths).toEqual(['a', 'deep/b', 'c']);
    expect(storage.file(7).length).toBe(0);
  });

  it('is as a row of bytes, whatever is written and read', () => {
    const part = fc.tuple(fc.nat(49), fc.uint8Array({ maxLength: 60 }));
    fc.assert(
      fc.property(fc.array(part), fc.nat(49), fc.nat(60), (writes, at, length) => {
        const storage = memoryStorage(torrent);
        const model = new Uint8Array(50);
        for (const [offset, bytes] of writes) {
          let error: unknown;
          storage.write(offset, bytes).subscribe({ error: (cause: unknown) => (error = cause) });
          if (offset + bytes.length > 50) expect(error).toBeInstanceOf(InvariantError);
          else model.set(bytes, offset);
        }
        const read = new Uint8Array(length);
        storage.read(at, read).subscribe((count) => expect(count).toBe(Math.min(length, 50 - at)));
        expect(read.subarray(0, 50 - at)).toEqual(model.subarray(at, at + length));
      }),
    );
  });

  it('says so if there is not so much memory', () => {
    expect(() => memoryStorage({ name: 'all', length: 2 ** 53, files: [] })).toThrow(StorageError);
  });
});

describe('concatStorage', () => {
  it('puts one file together, in order, whatever the order of the writes', () => {
    const storage = concatStorage(torrent, 1);
    const all = Uint8Array.from({ length: 50 }, (_, at) => at);
    const lengths = [
      [16, 32, 0],
      [0, 16, 22],
      [32, 50, 30],
    ] as const;
    for (const [from, to, length] of lengths) {
      storage.write(from, all.subarray(from, to)).subscribe();
      expect(storage.bytes().length).toBe(length);
    }
    expect(storage.bytes()).toEqual(all.subarray(10, 40));
    storage.bytes().fill(0);
    expect(storage.bytes()[0]).toBe(10);
  });
});

describe('bytes that are lent', () => {
  it('are plain, so that slice copies them: a storage that slices holds what it was given', () => {
    drawn((stage) => {
      const parts = new Map<number, Uint8Array>();
      const storage: Storage = {
        ...memoryStorage(stage.torrent),
        write: (offset, bytes) => {
          expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
          return of(bytes.length).pipe(tap(() => parts.set(offset, bytes.slice())));
        },
        stamps: () => of([]),
        finish: () => EMPTY,
      };
      into(stage, storage, '^ 10m !');
      after(stage, () => {
        for (const index of [0, 1])
          expect(parts.get(stage.geometry.pieceOffset(index))).toEqual(pieceBytes(stage.geometry, index));
      });
    })();
  });
});
