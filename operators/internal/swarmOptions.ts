import type { Observable, Observer } from 'rxjs';
import type { PeerAddress } from '../../src/contracts/network.ts';
import type { AddressBook } from '../../src/torrent/peers/addressBook.ts';
import type { ConnectionBudget } from '../../src/torrent/peers/connectionBudget.ts';
import type { Funnel } from '../../src/torrent/stats/funnel.ts';

export interface SwarmOptions {
  /** Which peers can be dialled, and when. */
  readonly book: AddressBook<PeerAddress>;
  /**
   * Sessions at once, or a stream of that number: none begins before its first value. When fewer are allowed than there
   * are, the newest end.
   */
  readonly maxPeers: number | Observable<number>;
  /**
   * Is given by how many sessions the swarm is short of `enough`, once the book has no address to dial; 0 when it is
   * not.
   */
  readonly wanted?: Pick<Observer<number>, 'next'>;
  /** Sessions below which more addresses are wanted, as a number or a function. Default `maxPeers`. */
  readonly enough?: number | (() => number);
  /** Is called with each session that is over, and its error; without one the peer hung up. */
  readonly ended?: (address: PeerAddress, error?: unknown) => void;
  /** Counts the peers that are dialled, and those that are lost and why. */
  readonly funnel?: Pick<Funnel<string>, 'reached' | 'lost'>;
  /** Shares connections and dials with other swarms. */
  readonly budget?: Pick<ConnectionBudget, 'join'> | undefined;
}
