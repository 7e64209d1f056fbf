import type { Observer, OperatorFunction } from 'rxjs';
import { supersede } from '../../../operators/supersede.ts';
import type { Peer } from '../../contracts/peer.ts';
import { PeerError } from '../../contracts/errors.ts';
import { addressText } from '../../protocol/encoding/address.ts';
import type { Expulsion } from '../../../operators/disconnect.ts';
import { superfluous, duplicatesOf } from '../../torrent/peers/duplicateConnections.ts';

/**
 * Milliseconds in which both sides may have dialled each other, or we may have dialled two addresses of one peer.
 * Within this time rules decide which connection closes, the same rules on both sides.
 */
export const CROSSING = 3_000;

export interface DuplicatesOptions {
  /** Our peer id, 20 bytes. */
  readonly peerId: Uint8Array;
  /** All connected peers, in the order in which they joined. */
  readonly members: () => Iterable<Peer>;
  /** Milliseconds since this peer joined. */
  readonly age: (peer: Peer) => number;
  readonly expelled: Pick<Observer<Expulsion>, 'next'>;
}

/** What follows when a peer is connected twice. */
export interface Duplicates {
  /**
   * Closes one of two connections that begin together. @throws PeerError `duplicate` if that is the newer one, or if
   * the peer has two older connections.
   */
  joined(newer: Peer): void;
  /** Closes the silent one of two older connections. */
  readonly conversation: OperatorFunction<Peer, never>;
}

/**
 * A peer that connects again may have lost its old connection. So the older connection is tested, and if it stays
 * silent, a new connection with the same peer id replaces it.
 */
export const closeDuplicates = ({ peerId, members, age, expelled }: DuplicatesOptions): Duplicates => {
  const duplicate = (peer: Peer, other: Peer): Expulsion => ({
    peer,
    code: 'duplicate',
    why: `is connected as ${addressText(other.address)}, too`,
  });
  const before = (newer: Peer): readonly Peer[] => duplicatesOf(newer, members());
  // A peer that connects twice knows of its first connection: that one is dead, or the peer has two addresses.
  const settled = (older: Peer, newer: Peer): boolean => age(older) < CROSSING && !(called(older) && called(newer));
  return {
    joined: (newer) => {
      const [older, ...more] = before(newer);
      if (older === undefined || (more.length === 0 && !settled(older, newer))) return;
      if (more.length > 0 || superfluous(peerId, older, newer) === newer)
        throw new PeerError(
          'duplicate',
          `${addressText(newer.address)}: is connected as ${addressText(older.address)} already`,
        );
      expelled.next(duplicate(older, newer));
    },
    conversation: supersede({
      older: (newer) => before(newer).find((older) => !settled(older, newer)),
      decided: (older, newer, lives) => {
        if (!lives)
          return expelled.next({
            peer: older,
            code: 'duplicate',
            why: `is silent, and has connected again as ${addressText(newer.address)}`,
          });
        const gone = superfluous(peerId, older, newer);
        expelled.next(duplicate(gone, gone === newer ? older : newer));
      },
    }),
  };
};

const called = ({ address }: Peer): boolean => address.wire$ !== undefined;
