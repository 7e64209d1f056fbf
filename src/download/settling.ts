import type { Observer } from 'rxjs';
import type { DownloadEvent, PieceOutcome, Warning } from '../contracts/events.ts';
import type { PiecePicker } from '../torrent/picker/piecePicker.ts';
import type { DownloadStats } from './downloadStats.ts';
import type { Settled } from './loops.ts';

export interface SettlingOptions {
  readonly picker: PiecePicker;
  readonly stats: DownloadStats;
  /** Hears of each piece that has just been stored, and so is sound. */
  readonly sound: (index: number) => void;
  /** What is damaged is fetched anew; or else it is not wanted any more. */
  readonly fetches: boolean;
  readonly settled: Pick<Observer<Settled>, 'next'>;
  readonly report: (event: DownloadEvent) => void;
}

/** What follows from what becomes of pieces. */
export interface Settling {
  /** A piece has been stored, or was corrupt. The picker knows already. */
  readonly settle: (outcome: PieceOutcome) => void;
  /** A piece that was stored is not, or not as it should be, on disk. */
  readonly lost: (index: number, why: string) => void;
  /** The disk is full, or has room again. */
  readonly warned: (warning: Warning) => void;
}

/** The counters first, then the phase, then everybody who listens: nobody hears of a piece that is not counted yet. */
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
