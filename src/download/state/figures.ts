import type { Progress } from '../../contracts/events.ts';
import type { PeerAddress, Road } from '../../contracts/network.ts';
import type { Peer } from '../../contracts/peer.ts';
import type { AddressBook } from '../../torrent/peers/addressBook.ts';
import type { Stage } from '../../torrent/stats/funnel.ts';
import type { ConnectedPeers } from '../../torrent/peers/connectedPeers.ts';

type Crowd = ConnectedPeers<PeerAddress, Peer>;
type Book = Pick<AddressBook<PeerAddress>, 'known' | 'active' | 'banned'>;

/** How far a connected peer has got; undefined if no farther than its handshake. */
export const stageOf = ({ downloaded, choked, interesting }: Peer['state']): Stage | undefined =>
  downloaded > 0 ? 'sending' : !choked ? 'unchoked' : interesting ? 'interested' : undefined;

/** How many peers are known, dialled, connected and banned. */
export const peerCounts = ({ known, active, banned }: Book, crowd: Crowd): Progress['peers'] => {
  const { size, unchoked } = crowd;
  const roads = roadCounts(crowd);
  return { known, connecting: active - size, connected: size, unchoked, banned, ...(roads && { roads }) };
};

/** How many are connected in another way than plainly over TCP, by way; undefined if none is. */
const roadCounts = ({ members }: Crowd): Partial<Record<Road, number>> | undefined => {
  let counts: Partial<Record<Road, number>> | undefined;
  for (const { road = 'tcp' } of members) if (road !== 'tcp') (counts ??= {})[road] = (counts[road] ?? 0) + 1;
  return counts;
};

/** The progress while only the info-hash is known, or the files are not open yet. */
export const unknownYet = (
  crowd: Crowd,
  book: Book,
  phase: Progress['phase'],
  reason: string | undefined,
): Progress => ({
  type: 'progress',
  phase,
  stored: 0,
  length: 0,
  pieces: 0,
  pieceCount: 0,
  rate: 0,
  upRate: 0,
  ratio: 0,
  wasted: 0,
  downloaded: crowd.downloaded,
  uploaded: crowd.uploaded,
  peers: peerCounts(book, crowd),
  ...(reason !== undefined && { reason }),
});
