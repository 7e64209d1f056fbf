import { concat, mergeMap, NEVER, of } from 'rxjs';
import type { Identity } from '../../operators/handshake.ts';
import type { Wire } from '../../src/contracts/network.ts';
import type { Peer } from '../../src/contracts/peer.ts';
import { encodeMessages, type Message } from '../../src/protocol/peer/messages.ts';
import type { Stage } from '../index.ts';

export const peerId = new TextEncoder().encode('-RX0001-ourselves---');

export const theirId = new TextEncoder().encode('-XX0001-somebody----');

export const failed = (code: string): unknown => ({ name: 'PeerError', code });

/** Our peer id, and the torrent that we share. */
export const us = ({ torrent, geometry }: Stage): Identity => ({
  infoHash: torrent.infoHash,
  peerId,
  pieceCount: geometry.pieceCount,
});

/** One wire, and no other. */
export const open = (wire: Wire) => concat(of(wire), NEVER);

/** What the peers say. */
export const words = mergeMap(({ messages$ }: Peer) => messages$);

/** What the peer sends, in bytes. */
export const said = (...messages: readonly Message[]): Uint8Array => encodeMessages(messages);
