import type { UdpEndpoint } from '../../env.ts';

/** Nodes that are always there, for those who know no other one yet. */
export const BOOTSTRAP: readonly UdpEndpoint[] = [
  { host: 'router.bittorrent.com', port: 6881 },
  { host: 'dht.transmissionbt.com', port: 6881 },
  { host: 'router.utorrent.com', port: 6881 },
  { host: 'dht.aelitis.com', port: 6881 },
  { host: 'dht.libtorrent.org', port: 25_401 },
];
