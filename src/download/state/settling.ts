import type { Observer } from 'rxjs';
import type { DownloadEvent, PieceOutcome, Warning } from '../../contracts/events.ts';
import type { PiecePicker } from '../../torrent/picker/piecePicker.ts';
import type { DownloadStats } from './downloadStats.ts';
import type { Settled } from './loops.ts';

export interface SettlingOptions {
  readonly picker: PiecePicker;
  readonly stats: DownloadStats;
  /** There may be something else to request. */
  readonly freed: Pick<Observer<void>, 'next'>;
  /** Is called with each piece that is stored, and so is sound. */
  readonly sound: (index: number) => void;
  /** Damaged pieces are fetched anew; otherwise they are no longer wanted. */
  readonly fetches: boolean;
  readonly settled: Pick<Observer<Settled>, 'next'>;
  readonly report: (event: DownloadEvent) => void;
}

/** The consequences of each outcome of a piece. */
export interface Settling {
  /** A piece has been stored, or was corrupt. The picker knows already. */
  readonly settle: (outcome: PieceOutcome) => void;
  /** A stored piece is missing or damaged on disk, or can't be read. */
  readonly lost: (index: number, why: string) => void;
  /** A piece that could not be read can be after all, and is sound. */
  readonly found: (index: number) => void;
  /** The disk is full, or has room again. */
  readonly warned: (warning: Warning) => void;
}

/** Counters first, then the phase, then all subscribers: none is told of a piece that is not counted yet. */
export const settling = ({ picker, stats, freed, sound, fetches, settled, report }: SettlingOptions): Settling => ({
  settle: (outcome) => {
    stats.settled(outcome);
    if (picker.complete) stats.phase.completed();
    if (outcome.type === 'stored') sound(outcome.index);
    settled.next(outcome);
  },
  lost: (index, message) => {
    picker.lose(index);
    if (!fetches) picker.exclude(index);
    if (!picker.complete) stats.phase.lost();
    settled.next({ type: 'lost', index });
    report({ type: 'warning', code: 'damaged', message });
  },
  found: (index) => {
    if (!picker.stored.has(index) && !regained(picker, index)) return;
    if (picker.complete) stats.phase.completed();
    freed.next();
    sound(index);
    settled.next({ type: 'found', index });
  },
  warned: (warning) => report(stats.warned(warning)),
});

/** Piece `index` is stored after all: its requests are cancelled. False if it was on its way to disk, or there. */
export const regained = (picker: PiecePicker, index: number): boolean => {
  const { excluded } = picker;
  const isWanted = !excluded.has(index);
  picker.exclude(index);
  const isMissing = excluded.has(index);
  if (isMissing) picker.restore(index);
  if (isWanted) picker.include(index);
  return isMissing;
};
