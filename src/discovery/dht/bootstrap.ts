import type { UdpEndpoint } from '../../contracts/network.ts';

/**
 * Nodes that are always there, for those who know no other one yet. All are asked, as each of them has been away for
 * months: the operators of libtorrent, Transmission and Ouinet keep theirs; those of BitTorrent, µTorrent and Vuze have
 * been reported both dead and alive.
 */
export const BOOTSTRAP: readonly UdpEndpoint[] = [
  { host: 'router.bittorrent.com', port: 6881 },
  { host: 'dht.transmissionbt.com', port: 6881 },
  { host: 'router.utorrent.com', port: 6881 },
  { host: 'dht.aelitis.com', port: 6881 },
  { host: 'dht.libtorrent.org', port: 25_401 },
  { host: 'router.bt.ouinet.work', port: 6881 },
];
