import {
  catchError,
  distinctUntilChanged,
  EMPTY,
  filter,
  ignoreElements,
  map,
  merge,
  type Observable,
  of,
  type OperatorFunction,
  switchMap,
  throwError,
} from 'rxjs';
import type { Peer } from '../src/contracts/env.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { EXTENSION_HANDSHAKE } from '../src/protocol/peer/extensions.ts';
import { Malformed } from '../src/protocol/encoding/malformed.ts';
import type { Message } from '../src/protocol/peer/messages.ts';

/** One extension with one peer, while both sides speak it. */
export interface ExtensionChannel {
  readonly peer: Peer;
  /** What they say, without the header. Hot: subscribe at once. Lent: valid until `next` returns. */
  readonly payloads$: Observable<Uint8Array>;
  /** False when the buffer towards them is full. */
  send(payload: Uint8Array): boolean;
}

/**
 * Holds a conversation in an extension with each peer that speaks it, too.
 *
 * ```
 * they    --E--x--
 * talk      >a-b
 * writes  --a--b--
 * ```
 *
 * `talk` begins when they have said that they speak `name`, and ends when they take that back or hang up; what it emits is ignored.
 * We must have named it in `extensionHandshake`. A `Malformed` that it throws is taken for their fault: `PeerError('malformed')`.
 *
 * @example
 * converse(main, extension('xx_hello', ({ payloads$, send }) => payloads$.pipe(tap(() => send(greeting)))))
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

const isExtended = (message: Message): message is Extract<Message, { type: 'extended' }> => message.type === 'extended';

/** Do both sides speak it now? */
const spoken = ({ state, talk$ }: Peer, name: string): Observable<boolean> =>
  merge(talk$.pipe(filter((message) => isExtended(message) && message.id === EXTENSION_HANDSHAKE)), of(0)).pipe(
    map(() => state.idOf(name) !== undefined),
    distinctUntilChanged(),
  );

const channelTo = (peer: Peer, name: string): ExtensionChannel => ({
  peer,
  payloads$: peer.talk$.pipe(
    filter(isExtended),
    filter(({ id }) => id !== EXTENSION_HANDSHAKE && id === peer.state.ourExtensions?.ids.get(name)),
    map(({ payload }) => payload),
  ),
  send: (payload) => {
    const id = peer.state.idOf(name);
    return id === undefined || peer.send({ type: 'extended', id, payload });
  },
});

const blame = ({ address: { host, port } }: Peer, name: string, cause: unknown): unknown =>
  cause instanceof Malformed ? new PeerError('malformed', `${host}:${port}: ${name}: ${cause.message}`, { cause }) : cause;
