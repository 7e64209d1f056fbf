import type { PeerAddress } from '../env.ts';
import { parseId } from '../protocol/id.ts';
import type { Findable } from '../sources.ts';
import type { Torrent } from '../torrent/metainfo.ts';
import { readTorrent } from './source.ts';

/** 40 hexadecimal or 32 base32 digits. */
export const INFO_HASH = /^([0-9a-f]{40}|[a-z2-7]{32})$/i;

/** What is enough to find peers and to greet them. */
export interface Sought {
  readonly findable: Findable;
  /** Who is named beforehand. */
  readonly peers: readonly PeerAddress[];
  /** If it is known already what is in it. */
  readonly torrent?: Torrent;
}

/** What `source` says without asking any peer. */
export const sought = async (source: string): Promise<Sought> => {
  if (INFO_HASH.test(source)) return { findable: { infoHash: parseId(source) }, peers: [] };
  const torrent = await readTorrent(source);
  return { findable: torrent, peers: [], torrent };
};
