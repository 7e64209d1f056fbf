import { Subject } from 'rxjs';
import { type PeerCode, PeerError } from '../../src/contracts/errors.ts';
import type { PeerAddress, Wire } from '../../src/contracts/network.ts';
import type { Peer } from '../../src/contracts/peer.ts';
import { addressText } from '../../src/protocol/encoding/address.ts';
import { equalIds } from '../../src/protocol/encoding/id.ts';
import { Malformed } from '../../src/protocol/encoding/malformed.ts';
import { FrameDecoder, Oversized } from '../../src/protocol/peer/frames.ts';
import {
  checkProtocol,
  decodeHandshake,
  encodeHandshake,
  GREETING_LENGTH,
  type Handshake,
  HANDSHAKE_LENGTH,
} from '../../src/protocol/peer/handshake.ts';
import { KnownHashes } from '../../src/protocol/peer/knownHashes.ts';
import { encodeMessages, type Message } from '../../src/protocol/peer/messages.ts';
import { PeerState } from '../../src/torrent/peers/peerState.ts';

/** How we present ourselves to the peers of one torrent. */
export interface Identity {
  /** 20 bytes each; the peer id is ours. */
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  /** 32 bytes, if there is a version 2 of the torrent (BEP 52): peers may know it by either. */
  readonly infoHashV2?: Uint8Array | undefined;
  /** Undefined while it is unknown: `countPieces` checks the messages later. */
  readonly pieceCount?: number | undefined;
  /** We have a DHT node (BEP 5). */
  readonly dht?: boolean;
}

/** What a peer did on the way to its handshake. */
export const fault = (code: PeerCode, at: PeerAddress, why: string) =>
  new PeerError(code, `${addressText(at)}: ${why}`);

/** The first 68 bytes, and then the peer they make. */
export class Greeting {
  peer: Peer | undefined;
  readonly #wire: Wire;
  readonly #identity: Identity;
  readonly #bytes = new Uint8Array(HANDSHAKE_LENGTH);
  readonly #messages = new Subject<Message>();
  readonly #talk = new Subject<Message>();
  #decoder: FrameDecoder | undefined;
  #state: PeerState | undefined;
  #have = 0;
  readonly #hashes: KnownHashes;
  /** The info-hash that we have sent. */
  #spoken: Uint8Array | undefined;

  constructor(wire: Wire, identity: Identity) {
    this.#wire = wire;
    this.#identity = identity;
    this.#hashes = new KnownHashes(identity);
  }

  /**
   * Sends our handshake, with `v2` by the info-hash of version 2. A peer that calls us for a hybrid is heard first, as
   * its handshake decides how it is answered (BEP 52).
   */
  begin(v2: boolean): void {
    if (!this.#hashes.isHybrid || this.#wire.address.wire$ === undefined) this.#speak(this.#hashes.named(v2));
  }

  #speak(infoHash: Uint8Array): void {
    this.#spoken = infoHash;
    const bits = { fast: true, extended: true, v2: this.#identity.infoHashV2 !== undefined };
    this.#wire.write(encodeHandshake({ ...this.#identity, ...bits, infoHash }));
  }

  /**
   * Takes a chunk. `met` is called with the peer, within the chunk that completes its handshake: is it still subscribed
   * to?
   */
  hear(chunk: Uint8Array, met: (peer: Peer) => boolean): void {
    if (this.peer !== undefined) return this.#read(chunk);
    const rest = this.#push(chunk);
    if (this.peer !== undefined && met(this.peer)) this.#read(rest);
  }

  /** Returns the bytes after the handshake in this chunk; the peer exists once the handshake is complete. */
  #push(chunk: Uint8Array): Uint8Array {
    const part = chunk.subarray(0, HANDSHAKE_LENGTH - this.#have);
    this.#bytes.set(part, this.#have);
    this.#have += part.length;
    checkProtocol(this.#bytes, this.#have);
    const rest = chunk.subarray(part.length);
    if (this.#have >= GREETING_LENGTH && this.#spoken === undefined) this.#speak(this.#hashes.answer(this.#bytes));
    if (this.#have < HANDSHAKE_LENGTH) return rest;
    const { peerId, pieceCount } = this.#identity;
    const [theirs, name] = [decodeHandshake(this.#bytes), addressText(this.#wire.address)];
    if (!this.#hashes.has(theirs.infoHash)) throw new PeerError('wrong-info-hash', `${name}: shares another torrent`);
    if (equalIds(theirs.peerId, peerId)) throw new PeerError('self', `${name}: is ourselves`);
    // A peer that calls is answered; one that we call answers.
    const last = this.#wire.address.wire$ && this.#spoken ? this.#spoken : theirs.infoHash;
    this.peer = meet(this.#wire, { ...theirs, v2: this.#hashes.isV2(last) }, pieceCount, {
      messages$: this.#messages.asObservable(),
      talk$: this.#talk.asObservable(),
    });
    const state = (this.#state = this.peer.state as PeerState);
    const heard = (message: Message): void => {
      state.received(message);
      if (message.type !== 'piece') this.#talk.next(message);
      this.#messages.next(message);
    };
    this.#decoder = new FrameDecoder(heard, { pieceCount });
    return rest;
  }

  /** Messages, after the handshake. */
  #read(chunk: Uint8Array): void {
    if (this.#state) this.#state.heard += chunk.length;
    this.#decoder?.push(chunk);
  }

  end(): void {
    for (const heard of [this.#talk, this.#messages]) heard.complete();
  }
}

const meet = (
  wire: Wire,
  theirs: Handshake,
  pieceCount: number | undefined,
  heard: Pick<Peer, 'messages$' | 'talk$'>,
): Peer => {
  const state = new PeerState(pieceCount, theirs);
  return {
    address: wire.address,
    id: theirs.peerId,
    state,
    ...heard,
    drained$: wire.drained$,
    road: wire.road?.(),
    send: (...sent) => {
      for (const message of sent) if (message.type !== 'request') state.sent(message);
      return wire.write(encodeMessages(sent, wire.room));
    },
  };
};

/** A defect of ours is passed on; an error in the bytes is the peer's fault. */
export const blame = (at: PeerAddress, cause: unknown): unknown =>
  cause instanceof Malformed
    ? new PeerError(cause instanceof Oversized ? 'oversized' : 'malformed', `${addressText(at)}: ${cause.message}`, {
        cause,
      })
    : cause;
