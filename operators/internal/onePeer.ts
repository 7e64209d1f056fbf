import { Observable, type Subscriber, switchMap } from 'rxjs';
import type { Peer } from '../../src/contracts/peer.ts';

/** Emits one peer, and nothing after it: a conversation with it may outlast any other. */
export class OnePeer extends Observable<Peer> {
  readonly peer: Peer;

  constructor(peer: Peer) {
    super((subscriber) => subscriber.next(peer));
    this.peer = peer;
  }
}

/**
 * Holds something with each peer, until the next one comes. Of a source that is one peer no other can come, so what is
 * held is all there is: a dozen conversations with each of a hundred peers weigh less without a `switchMap` each.
 */
export const heldWith = <T>(
  peers: Observable<Peer>,
  hold: (peer: Peer, subscriber: Subscriber<T>) => void,
): Observable<T> =>
  peers instanceof OnePeer
    ? new Observable((subscriber) => hold(peers.peer, subscriber))
    : peers.pipe(switchMap((peer) => new Observable<T>((subscriber) => hold(peer, subscriber))));
