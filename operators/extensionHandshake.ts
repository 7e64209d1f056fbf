import { type MonoTypeOperatorFunction, tap } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import { encodeExtensionHandshake, EXTENSION_HANDSHAKE } from '../src/protocol/peer/extensions.ts';
import { CLIENT } from '../src/protocol/encoding/id.ts';

/** Requests of theirs that we keep at one time. */
export const REQQ = 500;

/** What we say of ourselves. */
export interface OurExtensions {
  /** The extensions that we speak; their ids are 1, 2 … in this order. */
  readonly names: readonly string[];
  /** For people. */
  readonly version?: string;
  /** Where we listen; left out if we don't. */
  readonly port?: number;
  /** Requests that we keep at one time. 500. */
  readonly reqq?: number;
  /** Bytes of the info dictionary, if we have it (BEP 9). */
  readonly metadataSize?: number;
  /** There is nothing that we want (BEP 21). */
  readonly uploadOnly?: boolean;
}

/**
 * Says which extensions we speak, and lets each peer through at once.
 *
 * ```
 * they    --E----
 * writes  E------
 * gives   p------
 * ```
 *
 * A peer that does not speak the extension protocol is told nothing. What they say of themselves, and may say anew at
 * any time, is in `peer.state.extensions` and `peer.state.reqq` before anyone hears of the message, like all that they
 * say; `peer.state.idOf(name)` is the id of an extension that both sides speak.
 *
 * A peer is not held back until they have answered: `messages$` is hot, so its bitfield and its first unchoke, which
 * may be in the same chunk, would be lost to what comes after; and a peer that never answers may be a good seed.
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
  ...others
}: OurExtensions): MonoTypeOperatorFunction<Peer> =>
  tap((peer) => {
    if (!peer.state.extended) return;
    const ids = new Map(names.map((name, index) => [name, index + 1]));
    const payload = encodeExtensionHandshake({ ids, version, reqq, yourIp: peer.address.host, ...others });
    peer.send({ type: 'extended', id: EXTENSION_HANDSHAKE, payload });
  });
