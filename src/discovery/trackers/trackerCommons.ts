import type { Room } from '../../torrent/peers/connectionBudget.ts';
import { AnnounceQueue, MAX_ANNOUNCES } from './announceQueue.ts';
import { DeadHosts } from './deadHosts.ts';
import { Ways } from './families.ts';
import { UdpMemory } from './udpMemory.ts';

/**
 * What all torrents of a process share when they announce: whose turn it is, and what is known about hosts: the
 * connection ids of BEP 15, which are valid for any torrent, and the address families by which they are silent.
 */
export class TrackerCommons {
  readonly queue: AnnounceQueue;
  readonly dead = new DeadHosts();
  readonly ways = new Ways();
  readonly udp = new UdpMemory(this.ways);

  /** At most `announces` run at the same time, if the system allows no more; never more than {@link MAX_ANNOUNCES}. */
  constructor({ announces = MAX_ANNOUNCES }: Partial<Pick<Room, 'announces'>> = {}) {
    this.queue = new AnnounceQueue({ most: Math.min(announces, MAX_ANNOUNCES) });
  }
}
