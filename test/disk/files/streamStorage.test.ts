import { EMPTY, lastValueFrom, NEVER, type Observable, Subject, throwError, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type Sink, streamStorage } from '../../../src/disk/files/streamStorage.ts';
import { StorageError } from '../../../src/contracts/errors.ts';
import { torrentOf } from '../torrents.ts';

const torrent = torrentOf({
  files: [
    { path: ['before'], length: 10 },
    { path: ['it'], length: 30 },
    { path: ['after'], length: 10 },
  ],
});
const bytes = (from: number, to: number): Uint8Array => Uint8Array.from({ length: to - from }, (_, at) => from + at);

/** A sink that takes one part when told so, or at once. */
const sinkOf = (atOnce = false) => {
  const taken: number[][] = [];
  const now: Subject<void>[] = [];
  const sink: Sink = (part) => {
    taken.push([...part]);
    return atOnce ? EMPTY : (now[now.push(new Subject<void>()) - 1] as Subject<void>);
  };
  return { taken, sink, done: () => now.at(-1)?.complete() };
};

describe('streamStorage', () => {
  it('hands on the bytes of its file alone, in their order, whatever the order of the writes', () => {
    const { taken, sink } = sinkOf(true);
    const storage = streamStorage(torrent, 1, sink);
    const written: number[] = [];
    for (const [from, to] of [
      [32, 48],
      [0, 16],
      [48, 50],
      [16, 32],
    ] as const) {
      storage.write(from, bytes(from, to)).subscribe((length) => void written.push(length));
    }
    expect(taken.flat()).toEqual([...bytes(10, 40)]);
    expect(written).toEqual([16, 2, 16, 16]);
  });

  it('says that a write is over when its bytes have been taken, and hands on one part at a time', () => {
    const { taken, sink, done } = sinkOf();
    const storage = streamStorage(torrent, 1, sink);
    const over: number[] = [];
    for (const from of [24, 10, 17])
      storage
        .write(from, bytes(from, Math.min(40, from + 7 + (from === 24 ? 9 : 0))))
        .subscribe({ complete: () => over.push(from) });
    expect([taken.length, over]).toEqual([1, []]);
    done();
    expect([taken.length, over]).toEqual([2, [10]]);
    done();
    done();
    expect([taken.flat(), over]).toEqual([[...bytes(10, 40)], [10, 17, 24]]);
  });

  it('does not hand on twice what comes twice', () => {
    const { taken, sink } = sinkOf(true);
    const storage = streamStorage(torrent, 1, sink);
    const ends: string[] = [];
    for (const end of ['one', 'other']) storage.write(0, bytes(0, 20)).subscribe({ complete: () => ends.push(end) });
    storage.write(0, bytes(0, 25)).subscribe();
    expect([taken.flat(), ends]).toEqual([[...bytes(10, 25)], ['one', 'other']]);
  });

  it('goes on with thousands of parts when a sink takes all of them at once', () => {
    const many = torrentOf({ files: [{ path: ['all'], length: 20_000 }] });
    const { taken, sink } = sinkOf(true);
    const storage = streamStorage(many, 0, sink);
    let over = 0;
    for (let at = 19_999; at >= 0; at--) storage.write(at, new Uint8Array(1)).subscribe({ complete: () => over++ });
    expect([taken.length, over]).toEqual([20_000, 20_000]);
  });

  it('errors as its sink does, and lets go of it when it is left', () => {
    const error = new StorageError('io', 'nobody reads');
    const seen: unknown[] = [];
    streamStorage(torrent, 0, () => throwError(() => error))
      .write(0, bytes(0, 10))
      .subscribe({ error: (cause: unknown) => seen.push(cause) });
    expect(seen).toEqual([error]);
    const taking$ = new Subject<void>();
    const left = streamStorage(torrent, 0, () => taking$);
    const writing = [5, 0].map((from) => left.write(from, bytes(from, from + 5)).subscribe());
    expect(taking$.observed).toBe(true);
    for (const each of writing) each.unsubscribe();
    expect(taking$.observed).toBe(false);
  });

  it('has nothing, keeps nothing, and says so', async () => {
    const storage = streamStorage(torrent, 1, () => NEVER);
    const all = async <T>(source$: Observable<T>): Promise<T[]> => lastValueFrom(source$.pipe(toArray()));
    expect(storage.ordered).toBe(true);
    expect(await all(storage.read(10, new Uint8Array(9)))).toEqual([0]);
    expect(await all(storage.stamps())).toMatchObject([torrent.files.map(() => ({ size: -1 }))]);
    expect([storage.paths.join(''), storage.doubted(), storage.apart.pieces()]).toEqual(['', [], []]);
    expect([...(await all(storage.notes.load())), ...(await all(storage.notes.others()))]).toEqual([undefined, []]);
    for (const nothing$ of [storage.flush(), storage.finish(), storage.notes.save(bytes(0, 1))])
      expect(await all(nothing$)).toEqual([]);
  });
});
