import type { DownloadEvent, TrackerStatus } from '../../contracts/events.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import type { Peer } from '../../contracts/peer.ts';
import type { Address } from '../../contracts/json/jsonUnits.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { isoTime } from './clock.ts';
import type { ToldAs } from './told.ts';

/** Paths that one object lists. */
export const MAX_PATHS = 1000;

/** The address alone: the library's holds a wire, too. */
export const addressTold = ({ host, port, source }: PeerAddress): Address => ({ host, port, source });

const fromTold = (peers: readonly Peer[]): readonly Address[] => peers.map(({ address }) => addressTold(address));

/** As many paths as one object lists, and how many more there are. */
export const pathsTold = (paths: readonly string[]): Pick<ToldAs<'done'>, 'paths' | 'morePaths'> => ({
  paths: paths.slice(0, MAX_PATHS),
  ...(paths.length > MAX_PATHS && { morePaths: paths.length - MAX_PATHS }),
});

/** Moments instead of milliseconds. */
const trackerTold = ({ lastAnswer, nextAnnounce, ...status }: TrackerStatus): ToldAs<'tracker'> => {
  const [last, next] = [lastAnswer, nextAnnounce].map((at) => (at === undefined ? undefined : isoTime(at)));
  return {
    ...status,
    ...(last !== undefined && { lastAnswer: last }),
    ...(next !== undefined && { nextAnnounce: next }),
  };
};

/** What is given of nothing is nothing: JSON has no word for other quotients by 0. */
export const ratioTold = (ratio: number): number => (Number.isFinite(ratio) ? ratio : 0);

type OfDownload =
  | 'metadata'
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

/** An event of a download as `--json` has it: texts and numbers only, nothing that holds a socket or bytes. */
export const eventTold = (event: DownloadEvent): ToldAs<OfDownload> | ToldAs<'warning'> => {
  switch (event.type) {
    case 'stored':
    case 'corrupt':
      return { type: event.type, index: event.index, length: event.length, from: fromTold(event.from) };
    case 'peer-joined':
      return { type: event.type, ...addressTold(event.address) };
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
    case 'metadata': {
      const { name, infoHash, length, pieceLength, pieceHashes, files } = event.torrent;
      return {
        type: event.type,
        name,
        infoHash: toHex(infoHash),
        length,
        pieceLength,
        pieceCount: pieceHashes.length / 20,
        files: files.filter(({ padding }) => !padding).length,
      };
    }
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

/** What went wrong. */
export const errorTold = (error: unknown): ToldAs<'error'> => ({
  type: 'error',
  name: error instanceof Error ? error.name : 'Error',
  code: error instanceof Error && 'code' in error ? String(error.code) : 'defect',
  message: error instanceof Error ? error.message : String(error),
});
