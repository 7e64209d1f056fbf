import { AnnounceQueue } from './announceQueue.ts';
import { Ways } from './families.ts';
import { UdpMemory } from './udpTracker.ts';

/**
 * What all torrents of a process share when they speak to trackers: whose turn it is, and what is known of hosts: the
 * connection ids of BEP 15, which are good for any torrent, and by which families of addresses they are silent.
 */
export class TrackerCommons {
  readonly queue = new AnnounceQueue();
  readonly ways = new Ways();
  readonly udp = new UdpMemory(this.ways);
}
