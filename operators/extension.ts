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
 * Holds a conversation in an extension with each peer that supports it.
 *
 * ```
 * they    --E--x--
 * talk      >a-b
 * writes  --a--b--
 * ```
 *
 * `talk` begins when the peer has named `name` in its extension handshake, and ends when the peer takes that back or
 * hangs up; its values are ignored. We must have named it in `extensionHandshake`. A `Malformed` that it throws is the
 * peer's fault: `PeerError('malformed')`.
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

/** Do both sides support the extension now? */
const spoken = (peer: Peer, name: string): Observable<boolean> =>
  merge(introductionsOf(peer), of(0)).pipe(
    map(() => peer.state.idOf(name) !== undefined),
    distinctUntilChanged(),
  );

const blame = ({ address }: Peer, name: string, cause: unknown): unknown =>
  cause instanceof Malformed
    ? new PeerError('malformed', `${addressText(address)}: ${name}: ${cause.message}`, { cause })
    : cause;
