import { Observable, type OperatorFunction, switchMap } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import { OnePeer } from './internal/onePeer.ts';

/**
 * Holds several conversations with each peer; only the main one yields.
 *
 * ```
 * source  p-------|
 * main    -x-x
 * side    >K
 * gives   -x-x----|
 * ```
 *
 * The side conversations are subscribed first, in their order, so that what they send at once precedes the main
 * conversation. Their type, `OperatorFunction<Peer, never>`, keeps them from emitting anything into the pipe; what they
 * learn goes to an `Observer` given to them. All end when the peer hangs up (`messages$` completes) or the main one
 * completes. An error in any of them ends all.
 *
 * @example
 * peers$.pipe(converse(pipe(whenUnchoked(picker), requestBlocks(picker, { wake$ })), keepAlive()));
 */
export const converse =
  <T>(main: OperatorFunction<Peer, T>, ...side: readonly OperatorFunction<Peer, never>[]): OperatorFunction<Peer, T> =>
  (peers) =>
    peers.pipe(
      switchMap(
        (peer) =>
          new Observable<T>((subscriber) => {
            // `of(peer)` would let a conversation end before the peer does.
            const peer$ = new OnePeer(peer);
            const failed = { error: (error: unknown) => subscriber.error(error) };
            subscriber.add(peer.talk$.subscribe({ ...failed, complete: () => subscriber.complete() }));
            for (const conversation of side)
              if (!subscriber.closed) subscriber.add(conversation(peer$).subscribe(failed));
            if (!subscriber.closed) subscriber.add(main(peer$).subscribe(subscriber));
          }),
      ),
    );
