import type { UdpEndpoint } from '../../contracts/network.ts';

/**
 * Public nodes for joining the DHT when no other node is known. All of them are asked, since each has been down for
 * months at some time. libtorrent, Transmission and Ouinet maintain theirs; those of BitTorrent, µTorrent and Vuze have
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
