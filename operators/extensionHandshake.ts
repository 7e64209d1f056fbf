import { type MonoTypeOperatorFunction, tap } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import { encodeExtensionHandshake, EXTENSION_HANDSHAKE } from '../src/protocol/peer/extensions.ts';
import { CLIENT } from '../src/protocol/encoding/id.ts';

/** Requests of one peer that we queue at once. */
export const REQQ = 500;

/** What we say of ourselves. */
export interface OurExtensions {
  /** The extensions that we speak; their ids are 1, 2 … in this order. */
  readonly names: readonly string[];
  /** Name and version of the client. */
  readonly version?: string;
  /** Where we listen; left out if we don't. */
  readonly port?: number;
  /** Requests that we queue at once. Default 500. */
  readonly reqq?: number;
  /** Bytes of the info dictionary, if we have it (BEP 9). */
  readonly metadataSize?: number;
  /** We only upload (BEP 21). */
  readonly uploadOnly?: boolean;
  /** Say neither which client we are, nor at which address we see the peer. */
  readonly anonymous?: boolean | undefined;
}

/**
 * Sends our extension handshake, and lets each peer through at once.
 *
 * ```
 * they    --E----
 * writes  E------
 * gives   p------
 * ```
 *
 * Nothing is sent to a peer that does not support the extension protocol. The peer's own extension handshake, which it
 * may repeat at any time, is in `peer.state.extensions` and `peer.state.reqq` before `messages$` emits it, as with all
 * messages; `peer.state.idOf(name)` is the id of an extension that both sides support.
 *
 * A peer is not held back until it has answered: `messages$` is hot, so its bitfield and its first unchoke, which may
 * be in the same chunk, would be lost to later operators; and a peer that never answers may be a good seed.
 *
 * @example
 * peers$.pipe(extensionHandshake({ names: ['ut_metadata', 'ut_pex'], port: 6881 }));
 *
 * @see BEP 10
 */
export const extensionHandshake = ({
  names,
  version = CLIENT,
  reqq = REQQ,
  anonymous = false,
  ...others
}: OurExtensions): MonoTypeOperatorFunction<Peer> =>
  tap((peer) => {
    if (!peer.state.extended) return;
    const ids = new Map(names.map((name, index) => [name, index + 1]));
    const ours = anonymous ? {} : { version, yourIp: peer.address.host };
    const payload = encodeExtensionHandshake({ ids, reqq, ...ours, ...others });
    peer.send({ type: 'extended', id: EXTENSION_HANDSHAKE, payload });
  });
