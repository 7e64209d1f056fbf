import type { DownloadEvent, PlainAddress, TrackerStatus } from '../events.ts';
import type { Address } from './jsonUnits.ts';
import type { ToldAs } from './told.ts';

/** ISO 8601, UTC, with milliseconds; undefined for an invalid date. */
export const isoTime = (milliseconds: number): string | undefined => {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
};

/** Paths that one object lists. */
export const MAX_PATHS = 1000;

/** Host, port and source. */
export const addressTold = ({ host, port, source }: PlainAddress): Address => ({ host, port, source });

/** At most as many paths as one object lists, and the number of the rest. */
export const pathsTold = (paths: readonly string[]): Pick<ToldAs<'done'>, 'paths' | 'morePaths'> => ({
  paths: paths.slice(0, MAX_PATHS),
  ...(paths.length > MAX_PATHS && { morePaths: paths.length - MAX_PATHS }),
});

/** Replaces milliseconds by times in ISO 8601. */
const trackerTold = ({ lastAnswer, nextAnnounce, ...status }: TrackerStatus): ToldAs<'tracker'> => {
  const [last, next] = [lastAnswer, nextAnnounce].map((at) => (at === undefined ? undefined : isoTime(at)));
  return {
    ...status,
    ...(last !== undefined && { lastAnswer: last }),
    ...(next !== undefined && { nextAnnounce: next }),
  };
};

/** The ratio of an empty torrent is 0: JSON has no infinity and no NaN. */
export const ratioTold = (ratio: number): number => (Number.isFinite(ratio) ? ratio : 0);

export type OfDownload =
  | 'metadata'
  | 'restored'
  | 'rechecked'
  | 'progress'
  | 'funnel'
  | 'stored'
  | 'corrupt'
  | 'peer-joined'
  | 'peer-left'
  | 'choke'
  | 'unchoke'
  | 'announced'
  | 'tracker'
  | 'port-open'
  | 'done'
  | 'seeded';

/**
 * An event of a download as the command line's `--json` writes it, without the keys that every object has (`time`,
 * `torrent`): addresses are flattened into the object, and moments are in ISO 8601. Its schema is in
 * `rxtorrent/events.schema.json`.
 *
 * @example
 * download(torrent, env, options).subscribe((event) => console.log(JSON.stringify(jsonOf(event))));
 */
export const jsonOf = (event: DownloadEvent): ToldAs<OfDownload> | ToldAs<'warning'> => {
  switch (event.type) {
    case 'stored':
    case 'corrupt':
      return { type: event.type, index: event.index, length: event.length, from: event.from.map(addressTold) };
    case 'peer-joined':
      return { type: event.type, ...addressTold(event.address), ...(event.road && { road: event.road }) };
    case 'peer-left':
      return {
        type: event.type,
        ...addressTold(event.address),
        reason: event.reason,
        ...(event.message !== undefined && { message: event.message }),
      };
    case 'choke':
    case 'unchoke':
      return { type: event.type, ...addressTold(event.address), reason: event.reason };
    case 'tracker':
      return trackerTold(event);
    case 'progress':
    case 'seeded':
      return { ...event, ratio: ratioTold(event.ratio) };
    case 'done':
      return { ...event, ...pathsTold(event.paths) };
    default:
      return event;
  }
};

/** An error as `--json` writes it: its name, its code and its one line for the user. */
export const jsonOfError = (error: unknown): ToldAs<'error'> => ({
  type: 'error',
  name: error instanceof Error ? error.name : 'Error',
  code: error instanceof Error && 'code' in error ? String(error.code) : 'defect',
  message: error instanceof Error ? error.message : String(error),
});
