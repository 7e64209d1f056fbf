import type { Observable } from 'rxjs';
import type { PeerAddress, Road } from './network.ts';
import type { Message } from '../protocol/peer/messages.ts';
import type { PeerState } from '../torrent/peers/peerState.ts';

/** A sender of blocks. */
export interface Provider {
  readonly address: PeerAddress;
}

/** A peer after the handshake. */
export interface Peer extends Provider {
  /** The peer's 20-byte id. */
  readonly id: Uint8Array;
  /** Updated *before* `messages$` emits. */
  readonly state: Readonly<PeerState>;
  /** Hot: subscribe at once. Completes when the peer hangs up. Bytes inside are lent until `next` returns. */
  readonly messages$: Observable<Message>;
  /**
   * The same messages without blocks (`piece`), emitted before `messages$`: for subscribers that have no use for
   * blocks, which may come thirty thousand times a second.
   */
  readonly talk$: Observable<Message>;
  /** Encodes all messages into one write. False when the send buffer is full. */
  send(...messages: readonly Message[]): boolean;
  readonly drained$: Observable<void>;
  /** How it is connected, if the environment tells. */
  readonly road?: Road | undefined;
}

/** A web server that has the content of a torrent. Two are the same only if they are one object. */
export interface WebSeed extends Provider {
  readonly url: string;
  /** How it is asked: `url-list` has files (BEP 19), `httpseeds` has pieces (BEP 17). */
  readonly kind: 'url-list' | 'httpseeds';
  /** The user has named it: it may be anywhere. One from a torrent or a link is a stranger's. */
  readonly given: boolean;
}

/**
 * At most 16 KiB of a piece. `bytes` are lent until `next` returns: `slice` copies them, as they are no `Buffer`.
 */
export interface Block {
  readonly piece: number;
  /** Offset in the piece, in bytes. */
  readonly begin: number;
  readonly bytes: Uint8Array;
  readonly from: Provider;
}

/** A whole piece in a buffer of the pool. The operator that turns it into something else releases it. */
export interface Piece {
  readonly index: number;
  readonly bytes: Uint8Array;
  /** The sender of each block, in the order of the blocks; empty for a piece read from disk. */
  readonly from: readonly Provider[];
  /** The digest of all bytes, if they were digested while they arrived. */
  readonly digest?: Uint8Array | undefined;
  release(): void;
  /**
   * Instead of `release`: its blocks are still gathered, but for the numbers in `wrong`, which are missing again.
   * Absent where nothing is gathered.
   */
  readonly keep?: ((wrong: readonly number[]) => void) | undefined;
}

export interface CheckedPiece extends Piece {
  readonly valid: boolean;
  /** The numbers of the wrong blocks of a piece that is not valid, if they are known. */
  readonly wrong?: readonly number[] | undefined;
}
