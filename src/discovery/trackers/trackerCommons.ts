import type { Room } from '../../torrent/peers/connectionBudget.ts';
import { AnnounceQueue, MAX_ANNOUNCES } from './announceQueue.ts';
import { DeadHosts } from './deadHosts.ts';
import { Ways } from './families.ts';
import { UdpMemory } from './udpTracker.ts';

/**
 * What all torrents of a process share when they speak to trackers: whose turn it is, and what is known of hosts: the
 * connection ids of BEP 15, which are good for any torrent, and by which families of addresses they are silent.
 */
export class TrackerCommons {
  readonly queue: AnnounceQueue;
  readonly dead = new DeadHosts();
  readonly ways = new Ways();
  readonly udp = new UdpMemory(this.ways);

  /** `announces` are under way at most, if the system grants no more; never more than {@link MAX_ANNOUNCES}. */
  constructor({ announces = MAX_ANNOUNCES }: Partial<Pick<Room, 'announces'>> = {}) {
    this.queue = new AnnounceQueue({ most: Math.min(announces, MAX_ANNOUNCES) });
  }
}
