import { filter, map, type Observable } from 'rxjs';
import type { Peer } from '../../src/contracts/peer.ts';
import { EXTENSION_HANDSHAKE } from '../../src/protocol/peer/extensions.ts';
import type { Message } from '../../src/protocol/peer/messages.ts';

/** One extension with one peer, while both sides support it. */
export interface ExtensionChannel {
  readonly peer: Peer;
  /** The peer's messages, without the header. Hot: subscribe at once. Lent: valid until `next` returns. */
  readonly payloads$: Observable<Uint8Array>;
  /** False when the send buffer is full. */
  readonly send: (payload: Uint8Array) => boolean;
}

const isExtended = (message: Message): message is Extract<Message, { type: 'extended' }> => message.type === 'extended';

/** Each extension handshake of a peer (BEP 10), when it is in the peer's state already. Hot. */
export const introductionsOf = ({ talk$ }: Peer): Observable<Message> =>
  talk$.pipe(filter((message) => isExtended(message) && message.id === EXTENSION_HANDSHAKE));

/**
 * The messages of the extension `name`, by the ids that are valid at that moment; nothing is sent to a peer that does
 * not support it.
 */
export const channelTo = (peer: Peer, name: string): ExtensionChannel => ({
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
