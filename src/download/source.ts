import type { PeerAddress } from '../contracts/network.ts';
import type { MagnetLink } from '../torrent/metainfo/magnet.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';

/** What can be downloaded. */
export type Source = Torrent | MagnetLink;

export const isMagnet = (source: Source): source is MagnetLink => !('info' in source);

/** The peers that a link names. */
export const peersOf = ({ peers }: MagnetLink): readonly PeerAddress[] =>
  peers.map((each) => ({ ...each, source: 'manual' }));
