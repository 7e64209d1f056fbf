import type {
  Announced,
  DownloadEvent,
  PeerJoined,
  PieceCorrupt,
  Seeded,
  TrackerStatus,
} from '../../contracts/events.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { addressText } from '../../protocol/encoding/address.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import type { Given } from '../io/io.ts';
import type { Room } from '../args/logRooms.ts';
import { visible } from '../io/text.ts';
import { bytes, counted, duration } from '../io/units.ts';

interface Host {
  readonly host: string;
  readonly port: number;
}

/** A stranger may have chosen a host name: unprintable characters in it are escaped. */
export const hostPort = (address: Host): string => visible(addressText(address));

/** Failures are warnings already, so this tells only which tracker is asked, and which has failed before. */
const trackerLine = ({ url, state, tier, failures }: TrackerStatus): string | undefined => {
  if (state !== 'asking') return undefined;
  const failed = failures > 0 ? `, ${counted(failures, 'failure')} so far` : '';
  return `tracker ${shownUrl(url)}: asked, tier ${tier + 1}${failed}`;
};

/** The room of an event whose details `--verbose` shows. */
const ROOM: Readonly<Partial<Record<DownloadEvent['type'], Room>>> = {
  stored: 'disk',
  'peer-joined': 'peer',
  'peer-left': 'peer',
  choke: 'peer',
  unchoke: 'peer',
  announced: 'tracker',
  tracker: 'tracker',
};

/** Does `--verbose` ask for the details of this event? */
export const told = (given: Given, { type }: { readonly type: string }): boolean => {
  const room = ROOM[type as DownloadEvent['type']];
  return room !== undefined && ((given['rooms'] ?? []) as readonly Room[]).includes(room);
};

const ENOUGH = { ratio: 'share ratio reached', time: 'seeding time reached', idle: 'no upload for that long' } as const;

/** The peers that sent the blocks of a piece. */
const senders = (from: readonly Host[]): string => from.map(hostPort).join(', ');

const metadataLine = ({ name, length, files }: Torrent): string =>
  `metadata received: ${visible(name)}, ${bytes(length)} in ${counted(files.length, 'file')}`;

const seededLine = ({ reason, uploaded, ratio }: Seeded): string =>
  `seeding is over (${ENOUGH[reason]}): ${bytes(uploaded)} in this run, ratio ${ratio.toFixed(2)}`;

const announcedLine = ({ url, peers, interval }: Announced): string =>
  `tracker ${visible(url)}: ${counted(peers, 'peer')}, next announce in ${duration(interval)}`;

const joinedLine = ({ address, road }: PeerJoined): string =>
  `peer ${hostPort(address)} joined (${address.source}${road === undefined ? '' : `, ${road}`})`;

const againOf = ({ wrong }: PieceCorrupt): string =>
  wrong === undefined ? '' : `${counted(wrong.length, 'block')} of it, `;

/** An event in words for the user: warnings always, all others with `--verbose`. Progress has its own view. */
export const eventLine = (event: DownloadEvent, verbose: boolean): string | undefined => {
  if (event.type === 'metadata') return metadataLine(event.torrent);
  if (event.type === 'warning') return `warning: ${visible(event.message)}`;
  if (event.type === 'corrupt')
    return `piece ${event.index} had the wrong hash, from ${senders(event.from)}: ${againOf(event)}requested again`;
  if (event.type === 'seeded') return seededLine(event);
  if (!verbose) return undefined;
  switch (event.type) {
    case 'stored':
      return `piece ${event.index} stored, ${bytes(event.length)} from ${senders(event.from)}`;
    case 'peer-joined':
      return joinedLine(event);
    case 'peer-left':
      return `peer ${hostPort(event.address)} left: ${visible(event.message ?? event.reason)}`;
    case 'choke':
    case 'unchoke':
      return `peer ${hostPort(event.address)} ${event.type}d by us: ${visible(event.reason).replaceAll('-', ' ')}`;
    case 'announced':
      return announcedLine(event);
    case 'tracker':
      return trackerLine(event);
    default:
      return undefined;
  }
};
