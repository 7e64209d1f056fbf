import type { Observer } from 'rxjs';
import type { DownloadEvent, PieceOutcome, Warning } from '../../contracts/events.ts';
import type { PiecePicker } from '../../torrent/picker/piecePicker.ts';
import type { DownloadStats } from './downloadStats.ts';
import type { Settled } from './loops.ts';

export interface SettlingOptions {
  readonly picker: PiecePicker;
  readonly stats: DownloadStats;
  /** Is called with each piece that has just been stored, and so is sound. */
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
  /** A stored piece is missing or damaged on disk. */
  readonly lost: (index: number, why: string) => void;
  /** The disk is full, or has room again. */
  readonly warned: (warning: Warning) => void;
}

/** Counters first, then the phase, then all subscribers: none is told of a piece that is not counted yet. */
export const settling = ({ picker, stats, sound, fetches, settled, report }: SettlingOptions): Settling => ({
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
  warned: (warning) => report(stats.warned(warning)),
});
