import { expect, it } from 'vitest';
import type { PeerAddress, Road } from '../../src/contracts/network.ts';
import type { Peer } from '../../src/contracts/peer.ts';
import { peerCounts } from '../../src/download/state/figures.ts';
import { ConnectedPeers } from '../../src/torrent/peers/connectedPeers.ts';

const crowdOf = (...roads: readonly (Road | undefined)[]): ConnectedPeers<PeerAddress, Peer> => {
  const crowd = new ConnectedPeers<PeerAddress, Peer>();
  for (const [port, road] of roads.entries()) {
    const address: PeerAddress = { host: '192.0.2.1', port, source: 'manual' };
    crowd.joined(address, { address, road, state: { choked: true } } as unknown as Peer);
  }
  return crowd;
};
const book = { known: 9, active: 5, banned: 1 };

it('peers that are connected in another way than plainly are counted by way, if there are any', () => {
  const counts = { known: 9, connecting: 1, connected: 4, unchoked: 0, banned: 1 };
  const [strange, plain] = [crowdOf('tcp', 'tcp+rc4', undefined, 'tcp+rc4'), crowdOf('tcp', undefined, 'tcp', 'tcp')];
  expect(peerCounts(book, strange)).toEqual({ ...counts, roads: { 'tcp+rc4': 2 } });
  expect(peerCounts(book, plain)).toStrictEqual(counts);
});
