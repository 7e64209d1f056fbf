import type { Observable } from 'rxjs';
import type { Message } from '../protocol/peer/messages.ts';
import type { PeerState } from '../torrent/peers/peerState.ts';

/** Where an address came from; it stays with the address everywhere. */
export type PeerSource = 'tracker' | 'dht' | 'pex' | 'lsd' | 'incoming' | 'manual';

/** A place where a peer may listen. `host` is an IPv4 or IPv6 literal or, from people only, a name. */
export interface PeerAddress {
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  readonly source: PeerSource;
  /** They called us: here is the wire, nothing is to be dialled. */
  readonly wire$?: Observable<Wire>;
}

/** An open connection. Subscribing to what made it dialled; unsubscribing hangs up. */
export interface Wire {
  readonly address: PeerAddress;
  /** Chunks are lent: valid until `next` returns. Completes when they hang up. */
  readonly bytes$: Observable<Uint8Array>;
  /** Takes `bytes` over. False when the buffer towards them is full: wait for `drained$`. */
  write(bytes: Uint8Array): boolean;
  /** Memory of `size` bytes, of any content, for what is written next; what is not written is lost to it. */
  readonly room?: ((size: number) => Uint8Array) | undefined;
  readonly drained$: Observable<void>;
}

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

/** At most 16 KiB of a piece. `bytes` are lent until `next` returns. */
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
