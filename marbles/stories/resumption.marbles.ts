import { StorageError } from '../../src/contracts/errors.ts';
import { NEVER, type Observable, filter, map, mergeMap, take, tap, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { PieceOutcome, Rechecked, Warning } from '../../src/contracts/events.ts';
import type { Storage, Verify } from '../../src/contracts/storage.ts';
import { recheck } from '../../src/download/storage/recheck.ts';
import { keepRemembering, ResumeData, rememberForGood, restore } from '../../src/download/storage/resumeData.ts';
import { scoped } from '../../src/download/streams/scoped.ts';
import { DownloadStats } from '../../src/download/state/downloadStats.ts';
import { AddressBook } from '../../src/torrent/peers/addressBook.ts';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { decodeResume, encodeResume, type ResumeNote } from '../../src/torrent/pieces/resumeNote.ts';
import { DrawnDisk, drawn, type Stage, type World } from '../index.ts';

const four = { torrent: { pieces: 4, blocksPerPiece: 1 } } as const;
const target = { folder: '.' };
const broken = new StorageError('io', 'drawn: the disk is broken');

const pickerOf = ({ geometry }: Stage): PiecePicker => new PiecePicker(geometry, { random: () => 0.5 });

const storedIn = (picker: PiecePicker): string =>
  Array.from({ length: picker.stored.length }, (_, index) => (picker.stored.has(index) ? '*' : '·')).join('');

const fieldOf = (drawn: string): Bitfield => {
  const field = new Bitfield(drawn.length);
  [...drawn].forEach((cell, index) => cell === '*' && field.set(index));
  return field;
};

const shown = (field: Bitfield | undefined): string | undefined =>
  field && Array.from({ length: field.length }, (_, n) => (field.has(n) ? '*' : '·')).join('');

const noteOf = ({ torrent }: Stage, have: string, change: Partial<ResumeNote> = {}): Uint8Array =>
  encodeResume({
    infoHash: torrent.infoHash,
    have: fieldOf(have),
    pending: fieldOf('····'),
    stamps: [{ size: torrent.length, mtime: 0 }],
    boot: 'drawn',
    clean: false,
    sound: false,
    downloaded: 0,
    uploaded: 0,
    ...change,
  });

/** A disk with these pieces, and a note. */
const diskWith = (stage: Stage, pieces: readonly number[], note?: Uint8Array): DrawnDisk => {
  const disk = new DrawnDisk(stage, pieces.length > 0 ? { has: pieces } : {});
  disk.note = note;
  return disk;
};

const verifyOf = ({ env }: World, { torrent }: Stage): Verify => env.verify(torrent);

describe('what earlier runs have left', () => {
  const restored = (
    stage: Stage,
    disk: DrawnDisk,
    all = false,
  ): { readonly checked$: Observable<Rechecked>; readonly picker: PiecePicker } => {
    const there = stage.world({ disk });
    const picker = pickerOf(stage);
    return {
      picker,
      checked$: scoped(disk.open(), (storage) =>
        restore(stage.torrent, { verify: () => verifyOf(there, stage) }, storage, picker, { all }),
      ),
    };
  };
  const after = (stage: Stage, picker: PiecePicker) => stage.gives(timer(100).pipe(map(() => storedIn(picker))));

  it.each<[string, string, (stage: Stage) => DrawnDisk, string]>([
    ['is nothing on an empty disk', '--|', (stage) => diskWith(stage, []), '····'],
    [
      'is believed when the file looks untouched',
      '--|',
      (stage) => diskWith(stage, [0, 1], noteOf(stage, '**··')),
      '**··',
    ],
    [
      'is looked at where it was being written',
      '----(r|)',
      (stage) => diskWith(stage, [0, 1], noteOf(stage, '*···', { pending: fieldOf('·*··') })),
      '**··',
    ],
    [
      'is not kept where it is wrong',
      '----(r|)',
      (stage) => diskWith(stage, [0], noteOf(stage, '*···', { pending: fieldOf('·*··') })),
      '*···',
    ],
    ['is all checked without a note', '----(rrrr|)', (stage) => diskWith(stage, [1, 2]), '·**·'],
    [
      'is all checked with a note that is damaged',
      '----(rrrr|)',
      (stage) => diskWith(stage, [1, 2], noteOf(stage, '****').subarray(1)),
      '·**·',
    ],
    [
      'is all checked when the file was touched since',
      '----(rrrr|)',
      (stage) => diskWith(stage, [1, 2], noteOf(stage, '****', { stamps: [{ size: stage.torrent.length, mtime: 5 }] })),
      '·**·',
    ],
    [
      'is all checked when the machine went down',
      '----(rrrr|)',
      (stage) => diskWith(stage, [1], noteOf(stage, '****', { boot: 'before' })),
      '·*··',
    ],
    [
      'is believed when the machine went down after all was flushed',
      '--|',
      (stage) => diskWith(stage, [0, 1, 2, 3], noteOf(stage, '****', { boot: 'before', clean: true })),
      '****',
    ],
  ])('%s', (_, lane, disk, stored) => {
    drawn((stage) => {
      const { checked$, picker } = restored(stage, disk(stage));
      stage.gives(checked$).toBe(lane);
      after(stage, picker).toBe('100ms (s|)', { s: stored });
    }, four)();
  });

  it('is all checked when the user wants that, whatever the note says', () => {
    drawn((stage) => {
      const { checked$, picker } = restored(stage, diskWith(stage, [2], noteOf(stage, '****')), true);
      stage.gives(checked$).toBe('----(rrrr|)');
      after(stage, picker).toBe('100ms (s|)', { s: '··*·' });
    }, four)();
  });

  it(
    'may be left half-way, and can fail',
    drawn((stage) => {
      const { checked$ } = restored(stage, diskWith(stage, [1]));
      stage.gives(checked$, '^--!').toBe('');
      const failing = restored(
        stage,
        new DrawnDisk(stage, { has: [0], fails: (work) => (work === 'read' ? broken : undefined) }),
      );
      stage.gives(failing.checked$, '10ms ^').toBe('10ms ---#', {}, broken);
    }, four),
  );

  it(
    'is in memory four pieces at a time, though hashing is slow',
    drawn(
      (stage) => {
        const disk = diskWith(stage, [0]);
        const there = stage.world({ disk, hashing: 10 });
        const lane = '-- 10ms (rrrr)-----(rrrr)-----(rr|)';
        const pieces$ = recheck(stage.torrent, there.env, target).pipe(
          filter((event) => event.type === 'rechecked'),
          take(10),
        );
        stage.gives(pieces$.pipe(tap(({ checked, total }) => expect(checked).toBeLessThanOrEqual(total)))).toBe(lane);
      },
      { torrent: { pieces: 10, blocksPerPiece: 1 } },
    ),
  );
});

describe('the note', () => {
  const settled: PieceOutcome = { type: 'stored', index: 0, length: 1, from: [] };
  const report = (): { readonly codes: string[]; readonly report: (warning: Warning) => void } => {
    const codes: string[] = [];
    return { codes, report: ({ code }) => void codes.push(code) };
  };

  it(
    'is saved once a second while pieces are stored, and not while none is',
    drawn((stage) => {
      const save = stage.cold<never>('--|');
      const settled$ = stage.hot<PieceOutcome>('sss 1500ms s 5s s', { s: settled });
      stage.gives(keepRemembering(settled$, save, report().report), '^ 9s !').toBe('');
      stage.expectSubscriptions(save.subscriptions).toBe(['1s ^-!', '2503ms ^-!', '7504ms ^-!']);
    }),
  );

  it(
    'is saved no longer when the last piece is stored: the end does not wait for a second',
    drawn((stage) => {
      const save = stage.cold<never>('--|');
      const settled$ = stage.hot<PieceOutcome>('s--|', { s: settled });
      stage.gives(keepRemembering(settled$, save, report().report)).toBe('---|');
      stage.expectSubscriptions(save.subscriptions).toBe([]);
    }),
  );

  it(
    'that can not be saved is one warning, and another one after it could; the download goes on',
    drawn((stage) => {
      const { codes, report: hear } = report();
      let nth = 0;
      const save = timer(1).pipe(
        mergeMap(() => {
          nth++;
          if (nth !== 3) throw broken;
          return [];
        }),
      ) as Observable<never>;
      const settled$ = stage.hot<PieceOutcome>('s 1500ms s 1500ms s 1500ms s 1500ms s 1500ms s', { s: settled });
      stage.gives(keepRemembering(settled$, save, hear), '^ 12s !').toBe('');
      stage.gives(timer(12_000).pipe(map(() => [nth, codes]))).toBe('12s (n|)', { n: [6, ['io', 'io']] });
    }),
  );

  it(
    'fails with what is no error of the disk, and with the pieces',
    drawn((stage) => {
      const defect = new RangeError('drawn');
      const hear = report().report;
      stage
        .gives(keepRemembering(stage.hot('s', { s: settled }), stage.cold<never>('-#', {}, defect), hear))
        .toBe('1s -#', {}, defect);
      stage.gives(keepRemembering(stage.hot('--#', {}, defect), stage.cold<never>('|'), hear)).toBe('--#', {}, defect);
      stage.gives(keepRemembering(NEVER, stage.cold<never>('|'), hear), '^ 9s !').toBe('');
    }),
  );

  it(
    'for good comes after all is flushed, and a failure is but a warning',
    drawn((stage) => {
      const { codes, report: hear } = report();
      const [flush, save] = [stage.cold<never>('---|'), stage.cold<never>('--|')];
      const storage = { flush: () => flush } as unknown as Storage;
      stage.gives(rememberForGood(storage, save, hear)).toBe('-----|');
      stage.expectSubscriptions(save.subscriptions).toBe('---^-!');
      const failing = { flush: () => stage.cold<never>('-#', {}, broken) } as unknown as Storage;
      stage.gives(rememberForGood(failing, save, hear)).toBe('-|');
      stage.gives(timer(9).pipe(map(() => codes))).toBe('---------(c|)', { c: ['io'] });
    }),
  );

  it(
    'counts as stored what was stored before the files were stamped, and as doubtful what came while they were',
    drawn((stage) => {
      const disk = new DrawnDisk(stage, { takes: 5, has: [] });
      const picker = pickerOf(stage);
      picker.restore(0);
      const tally = new DownloadStats(picker, new AddressBook(), { gathered: 0 });
      const have = new Bitfield(4);
      have.setAll();
      const who = { cancel: () => {} };
      const write = timer(7).pipe(
        tap(() => {
          const [one, other] = picker.next(who, who, have, 2, true);
          for (const wanted of [one, other]) if (wanted !== undefined) picker.received(who, wanted.piece, wanted.block);
          if (one !== undefined) picker.settle({ type: 'stored', index: one.piece });
        }),
        filter(() => false),
      );
      stage.gives(write).toBe('-------|');
      stage
        .gives(
          scoped(disk.open(), (storage) =>
            new ResumeData(stage.torrent, storage, picker, tally, { soundThroughout: true }).save(false),
          ),
        )
        .toBe('10ms |');
      const note = timer(20).pipe(
        map(() => decodeResume(disk.note as Uint8Array, stage.torrent)),
        map((saved) => [shown(saved?.have), saved?.pending.count, saved?.pending.has(0), saved?.clean]),
      );
      stage.gives(note).toBe('20ms (n|)', { n: ['*···', 2, false, false] });
    }, four),
  );
});
