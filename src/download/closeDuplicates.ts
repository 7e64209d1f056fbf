import type { Observer, OperatorFunction } from 'rxjs';
import { supersede } from '../../operators/supersede.ts';
import type { Peer } from '../contracts/peer.ts';
import { PeerError } from '../contracts/errors.ts';
import { addressText } from '../protocol/encoding/address.ts';
import type { Expulsion } from '../../operators/disconnect.ts';
import { superfluous, duplicatesOf } from '../torrent/peers/duplicateConnections.ts';

/**
 * Milliseconds in which both sides may have dialled each other, or we two addresses of one peer: then rules decide, the
 * same on both sides.
 */
export const CROSSING = 3_000;

export interface DuplicatesOptions {
  /** 20 bytes, ours. */
  readonly peerId: Uint8Array;
  /** All that are connected, in the order in which they came. */
  readonly members: () => Iterable<Peer>;
  /** Milliseconds since it came. */
  readonly age: (peer: Peer) => number;
  readonly expelled: Pick<Observer<Expulsion>, 'next'>;
}

/** What follows when a peer is connected twice. */
export interface Duplicates {
  /**
   * Of two connections that begin together closes one. @throws PeerError `duplicate` if that is the newer one, or there
   * are two before it.
   */
  joined(newer: Peer): void;
  /** Of two others keeps the one that lives. */
  readonly conversation: OperatorFunction<Peer, never>;
}

/**
 * A peer that calls again may have lost its line: the older connection is tested, and a new one with the same id wins
 * over silence.
 */
export const closeDuplicates = ({ peerId, members, age, expelled }: DuplicatesOptions): Duplicates => {
  const duplicate = (peer: Peer, other: Peer): Expulsion => ({
    peer,
    code: 'duplicate',
    why: `is connected as ${addressText(other.address)}, too`,
  });
  const before = (newer: Peer): readonly Peer[] => duplicatesOf(newer, members());
  // A peer that calls twice knows that it has called before: its first line is dead, or it has two addresses.
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
            why: `says nothing any more, and has come back as ${addressText(newer.address)}`,
          });
        const gone = superfluous(peerId, older, newer);
        expelled.next(duplicate(gone, gone === newer ? older : newer));
      },
    }),
  };
};

const called = ({ address }: Peer): boolean => address.wire$ !== undefined;
