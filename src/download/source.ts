import type { PeerAddress } from '../contracts/network.ts';
import type { MagnetLink } from '../torrent/metainfo/magnet.ts';
import type { Selection } from './options.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';

/** What can be downloaded. */
export type Source = Torrent | MagnetLink;

export const isMagnet = (source: Source): source is MagnetLink => !('info' in source);

/** The files that a link asks for (BEP 53); all of a .torrent. */
export const filesOf = (source: Source): Selection => (isMagnet(source) ? source.select : undefined);

/** The peers that a link names. */
export const peersOf = ({ peers }: MagnetLink): readonly PeerAddress[] =>
  peers.map((each) => ({ ...each, source: 'manual' }));
