import type { Observable } from 'rxjs';
import type { PeerAddress } from './network.ts';
import type { Message } from '../protocol/peer/messages.ts';
import type { PeerState } from '../torrent/peers/peerState.ts';

/** A peer after the handshake. */
export interface Peer {
  readonly address: PeerAddress;
  /** Their 20-byte peer id. */
  readonly id: Uint8Array;
  /** Updated *before* `messages$` emits. */
  readonly state: Readonly<PeerState>;
  /** Hot: subscribe at once. Completes when they hang up. Bytes inside are lent until `next` returns. */
  readonly messages$: Observable<Message>;
  /**
   * The same without blocks (`piece`), and before `messages$`: for whoever has no use for them, thirty thousand times a
   * second.
   */
  readonly talk$: Observable<Message>;
  /** Encodes all messages into one write. False when the buffer towards them is full. */
  send(...messages: readonly Message[]): boolean;
  readonly drained$: Observable<void>;
}

/**
 * At most 16 KiB of a piece. `bytes` are lent until `next` returns: `slice` copies them, as they are no `Buffer`.
 */
export interface Block {
  readonly piece: number;
  /** Offset in the piece, in bytes. */
  readonly begin: number;
  readonly bytes: Uint8Array;
  readonly from: Peer;
}

/** A whole piece in a buffer of the pool. Whoever turns it into something else releases it. */
export interface Piece {
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Who sent each block, in the order of the blocks; empty for a piece read from disk. */
  readonly from: readonly Peer[];
  /** Of all bytes, if they were digested while they came. */
  readonly digest?: Uint8Array | undefined;
  release(): void;
}

export interface CheckedPiece extends Piece {
  readonly valid: boolean;
}
