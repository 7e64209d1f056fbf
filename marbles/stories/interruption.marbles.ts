import { type Observable, concat, filter, map, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { StorageError } from '../../src/contracts/errors.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import { download, type DownloadOptions } from '../../src/index.ts';
import { decodeResume } from '../../src/torrent/pieces/resumeNote.ts';
import { DrawnDisk, drawn, honest, type Stage, type World } from '../index.ts';

const four = { torrent: { pieces: 4, blocksPerPiece: 1 } } as const;
const target = { folder: '.' };
const broken = new StorageError('io', 'drawn: the disk is broken');

describe('a download that is interrupted', () => {
  const PEER = '10.1.0.1:7000';
  const told = (stage: Stage, there: World, options: Partial<DownloadOptions> = {}): Observable<DownloadEvent> =>
    download(stage.torrent, there.env, { target, ...options }).pipe(
      filter(({ type }) => type === 'rechecked' || type === 'stored' || type === 'done'),
    );

  it(
    'remembers what it had when it was left, and fetches the rest in the next run',
    drawn((stage) => {
      const disk = new DrawnDisk(stage);
      const run = () => stage.world({ disk, peers: { [PEER]: honest({ latency: 10, pace: 300 }) } });
      const [first, second] = [run(), run()];
      const had = stage.watch(told(stage, first), '^ 700ms !');
      const rest = stage.watch(told(stage, second), '2s ^');
      const count = (marks: typeof had, type: string): number =>
        marks.filter(({ value }) => (value as DownloadEvent | undefined)?.type === type).length;
      const figures = timer(60_000).pipe(
        map(() => [
          count(had, 'stored'),
          count(rest, 'rechecked'),
          count(rest, 'stored'),
          count(rest, 'done'),
          disk.written.length,
        ]),
      );
      stage.gives(figures).toBe('60s (f|)', { f: [2, 0, 2, 1, 4] });
      stage
        .gives(timer(1_000).pipe(map(() => decodeResume(disk.note as Uint8Array, stage.torrent)?.have.count)))
        .toBe('1s (n|)', { n: 2 });
    }, four),
  );

  it(
    'and one that is complete has nothing more to do, and says in its note that all is safe',
    drawn((stage) => {
      const disk = new DrawnDisk(stage);
      const run = () => stage.world({ disk, peers: { [PEER]: honest() } });
      const [first, second] = [run(), run()];
      const both = concat(told(stage, first), told(stage, second)).pipe(map(({ type }) => type));
      const types = stage.watch(both);
      stage.gives(timer(60_000).pipe(map(() => types.map(({ value }) => value)))).toBe('60s (t|)', {
        t: ['stored', 'stored', 'stored', 'stored', 'done', 'done', undefined],
      });
      stage.happens(second.dials).toBe('');
      stage
        .gives(timer(60_000).pipe(map(() => decodeResume(disk.note as Uint8Array, stage.torrent)?.clean)))
        .toBe('60s (c|)', { c: true });
    }, four),
  );

  it(
    'by a note that can not be saved is not interrupted at all',
    drawn((stage) => {
      const there = stage.world({
        disk: { fails: (work) => (work === 'save' ? broken : undefined) },
        peers: { [PEER]: honest({ pace: 700 }) },
      });
      const all = stage.watch(download(stage.torrent, there.env, { target }));
      const count = (wanted: string): number =>
        all.filter(({ value }) => (value as DownloadEvent | undefined)?.type === wanted).length;
      stage
        .gives(timer(60_000).pipe(map(() => [count('stored'), count('done'), count('warning'), all.at(-1)?.kind])))
        .toBe('60s (f|)', { f: [4, 1, 2, 'end'] });
    }, four),
  );
});
