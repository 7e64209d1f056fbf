import { Observable, type OperatorFunction } from 'rxjs';
import type { PeerAddress } from '../src/contracts/network.ts';
import { SessionPool } from './internal/sessionPool.ts';
import type { SwarmOptions } from './internal/swarmOptions.ts';

export type { SwarmOptions } from './internal/swarmOptions.ts';

/**
 * Keeps a number of sessions with peers going and replaces each that ends.
 *
 * ```
 * source  (abc)
 * a       --x|
 * b          #
 * c          ---y|
 * gives   --x---y--    with maxPeers 1
 * ```
 *
 * A session that fails is judged by `verdict`: its address rests and is tried again, is dropped, or is banned. None of
 * these ends the stream; only `fatal` does. A session is over when all of it is undone: there are never more than
 * `maxPeers`, which may be a stream: when its value falls, the newest sessions end. A peer that has called us
 * (`wire$`) is not dialled, and its session, like that of one that calls us now (`punch`), begins at once, or never if
 * there is no place. Completes when the source has
 * completed, no session is left and none is to come.
 *
 * Not `mergeMap(session, n)`: its queue has neither limit nor view, and it hangs when hundreds of queued sessions fail
 * at once.
 *
 * @example
 * const session = (address: PeerAddress) => env.connect(address).pipe(handshake(identity), main);
 * addresses$.pipe(distinctPeers(), swarm(session, { book: new AddressBook<PeerAddress>(), maxPeers: 50 }));
 */
export const swarm =
  <T>(session: (address: PeerAddress) => Observable<T>, options: SwarmOptions): OperatorFunction<PeerAddress, T> =>
  (addresses) =>
    new Observable((subscriber) => {
      const pool = new SessionPool(session, subscriber, options);
      subscriber.add(
        addresses.subscribe({
          next: (address) => pool.offer(address),
          error: (error: unknown) => subscriber.error(error),
          complete: () => pool.close(),
        }),
      );
      if (!subscriber.closed) pool.fill();
    });
