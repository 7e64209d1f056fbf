import {
  catchError,
  distinctUntilChanged,
  EMPTY,
  ignoreElements,
  map,
  merge,
  type Observable,
  of,
  type OperatorFunction,
  switchMap,
  throwError,
} from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { addressText } from '../src/protocol/encoding/address.ts';
import { Malformed } from '../src/protocol/encoding/malformed.ts';
import { channelTo, type ExtensionChannel, introductionsOf } from './internal/extensionChannel.ts';

export type { ExtensionChannel };

/**
 * Holds a conversation in an extension with each peer that speaks it, too.
 *
 * ```
 * they    --E--x--
 * talk      >a-b
 * writes  --a--b--
 * ```
 *
 * `talk` begins when they have said that they speak `name`, and ends when they take that back or hang up; what it emits
 * is ignored. We must have named it in `extensionHandshake`. A `Malformed` that it throws is taken for their fault:
 * `PeerError('malformed')`.
 *
 * @example
 * const hello = new TextEncoder().encode('hello');
 * peers$.pipe(converse(main, extension('xx_hello', ({ payloads$, send }) => payloads$.pipe(tap(() => send(hello))))));
 *
 * @see BEP 10
 */
export const extension =
  (name: string, talk: (channel: ExtensionChannel) => Observable<unknown>): OperatorFunction<Peer, never> =>
  (peers) =>
    peers.pipe(
      switchMap((peer) =>
        spoken(peer, name).pipe(
          switchMap((speak) => (speak ? talk(channelTo(peer, name)) : EMPTY)),
          ignoreElements(),
          catchError((cause: unknown) => throwError(() => blame(peer, name, cause))),
        ),
      ),
    );

/** Do both sides speak it now? */
const spoken = (peer: Peer, name: string): Observable<boolean> =>
  merge(introductionsOf(peer), of(0)).pipe(
    map(() => peer.state.idOf(name) !== undefined),
    distinctUntilChanged(),
  );

const blame = ({ address }: Peer, name: string, cause: unknown): unknown =>
  cause instanceof Malformed
    ? new PeerError('malformed', `${addressText(address)}: ${name}: ${cause.message}`, { cause })
    : cause;
