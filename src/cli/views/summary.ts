import type { Figures } from '../run/account.ts';
import { bytes, bytesOf, counted, duration, rate } from '../io/units.ts';

/** How many of its files are wanted. */
export interface Chosen {
  readonly files: number;
  readonly of: number;
}

/** How to resume after an interruption. */
const GO_ON = 'run the same command again to resume';

const given = ({ uploaded, ratio }: Figures): string => `${bytes(uploaded)} uploaded, ratio ${ratio.toFixed(2)}`;

/** `complete, 64.0 MiB (64.2 MiB in 3.2 s, 20.1 MiB/s), 2 of 7 files, 16 KiB wasted, 1.0 MiB uploaded, ratio 0.02`. */
export const completeLine = (figures: Figures, chosen?: Chosen): string => {
  const { length = 0, downloaded, wasted, uploaded, took, elapsed } = figures;
  const time = took ?? elapsed;
  const how =
    downloaded > 0
      ? ` (${bytes(downloaded)} in ${duration(time)}, ${rate(time > 0 ? downloaded / time : 0)})`
      : ', all of it on disk already';
  return [
    `complete, ${bytes(length)}${how}`,
    ...(chosen ? [`${chosen.files} of ${counted(chosen.of, 'file')}`] : []),
    ...(wasted > 0 ? [`${bytes(wasted)} wasted`] : []),
    ...(uploaded > 0 ? [given(figures)] : []),
  ].join(', ');
};

/** `12.0 MiB uploaded, ratio 0.19, in 5 min 3 s`: the report of a seed's end. */
export const givenLine = (figures: Figures): string => `${given(figures)}, in ${duration(figures.elapsed)}`;

const there = (length: number | undefined, stored: number): string => {
  if (length === undefined) return 'the metadata of the link is not known yet';
  return `${stored < length ? bytesOf(stored, length) : `all ${bytes(length)}`} verified`;
};

/** `42.4 of 64.0 MiB verified`, what was given, and how to go on, unless it is not `kept`. */
export const thereLine = (figures: Figures, kept: boolean): string => {
  const { length, stored, looked, uploaded, took } = figures;
  const gave = took !== undefined ? [givenLine(figures)] : uploaded > 0 ? [given(figures)] : [];
  return [
    `${looked || length === undefined ? '' : 'at least '}${there(length, stored)}`,
    ...gave,
    ...(kept ? [GO_ON] : []),
  ].join('; ');
};

/** The report of a torrent that the user stopped. */
export const stoppedLine = (figures: Figures, kept: boolean): string => `stopped: ${thereLine(figures, kept)}`;

/** All torrents of a command together. */
export interface Sum {
  readonly torrents: number;
  readonly complete: number;
  /** Bytes that are wanted and those that are there, of torrents of which that is known. */
  readonly length: number;
  readonly stored: number;
  readonly uploaded: number;
}

/** The same of several: `stopped: 2 of 7 torrents complete, 1.20 of 3.40 GiB verified; …`. */
export const stoppedSumLine = ({ torrents, complete, length, stored, uploaded }: Sum): string =>
  [
    `stopped: ${complete} of ${counted(torrents, 'torrent')} complete, ${there(length, stored)}`,
    ...(uploaded > 0 ? [`${bytes(uploaded)} uploaded`] : []),
    GO_ON,
  ].join('; ');
