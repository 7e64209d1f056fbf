import { NEVER, Observable, type Subscriber } from 'rxjs';
import type { Wire } from '../../src/contracts/network.ts';
import { encodeHandshake, HANDSHAKE_LENGTH } from '../../src/protocol/peer/handshake.ts';
import { encodeMessages, ID } from '../../src/protocol/peer/messages.ts';
import { BLOCK } from '../../src/torrent/geometry.ts';

/** Bytes of a block on the wire. */
export const FRAME = BLOCK + 13;
/** Blocks answered in a turn. */
export const BATCH = 16;
/** What a socket gives at most in one read. */
const READ = 65_536;

/** Frames of blocks that all hold the same bytes, one buffer for all seeds, as reads of sockets use one. */
export class Frames {
  /** Bytes of a chunk: whole frames, or as sockets read. */
  readonly #cut: number;
  readonly #bytes = new Uint8Array(BATCH * FRAME);
  readonly #view = new DataView(this.#bytes.buffer);

  constructor(block: Uint8Array, straddling: boolean) {
    this.#cut = straddling ? READ : 4 * FRAME;
    for (let frame = 0; frame < BATCH; frame++) {
      this.#view.setUint32(frame * FRAME, FRAME - 4);
      this.#bytes[frame * FRAME + 4] = ID.piece;
      this.#bytes.set(block, frame * FRAME + 13);
    }
  }

  address(frame: number, piece: number, begin: number): void {
    this.#view.setUint32(frame * FRAME + 5, piece);
    this.#view.setUint32(frame * FRAME + 9, begin);
  }

  /** The first `count` frames in chunks. */
  send(count: number, to: { next(chunk: Uint8Array): void }): void {
    const end = count * FRAME;
    for (let at = 0; at < end; at += this.#cut) to.next(this.#bytes.subarray(at, Math.min(end, at + this.#cut)));
  }
}

/** A peer in memory that has everything. It speaks only in its turn, like one at the other end of a socket. */
export class Seed {
  readonly wire: Wire;
  readonly #frames: Frames;
  readonly #infoHash: Uint8Array;
  readonly #peerId: Uint8Array;
  /** Pieces and offsets of what is asked for, oldest first. */
  #asked: number[] = [];
  #answered = 0;
  #subscriber: Subscriber<Uint8Array> | undefined;
  #greeted = false;

  constructor(number: number, frames: Frames, infoHash: Uint8Array) {
    this.#frames = frames;
    this.#infoHash = infoHash;
    this.#peerId = new Uint8Array(20).fill(number + 1);
    this.wire = {
      address: { host: `10.0.0.${number}`, port: 6881, source: 'manual' },
      bytes$: new Observable<Uint8Array>((subscriber) => void (this.#subscriber = subscriber)),
      drained$: NEVER,
      write: (bytes) => {
        this.#hear(bytes);
        return true;
      },
    };
  }

  turn(): void {
    const subscriber = this.#subscriber;
    if (subscriber === undefined || subscriber.closed) return;
    if (!this.#greeted) {
      this.#greeted = true;
      subscriber.next(encodeHandshake({ infoHash: this.#infoHash, peerId: this.#peerId, fast: true }));
      subscriber.next(encodeMessages([{ type: 'haveAll' }, { type: 'unchoke' }]));
      return;
    }
    let count = 0;
    for (; count < BATCH && this.#answered < this.#asked.length; count++) {
      this.#frames.address(count, this.#asked[this.#answered++] as number, this.#asked[this.#answered++] as number);
    }
    if (count > 0) this.#frames.send(count, subscriber);
    if (this.#answered < 2048) return;
    this.#asked = this.#asked.slice(this.#answered);
    this.#answered = 0;
  }

  #hear(bytes: Uint8Array): void {
    if (bytes.length === HANDSHAKE_LENGTH && bytes[0] === 19) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < bytes.length; at += 4 + view.getUint32(at)) {
      if (bytes[at + 4] === ID.request) this.#asked.push(view.getUint32(at + 5), view.getUint32(at + 9));
      else if (bytes[at + 4] === ID.cancel) this.#cancel(view.getUint32(at + 5), view.getUint32(at + 9));
    }
  }

  #cancel(piece: number, begin: number): void {
    for (let at = this.#answered; at < this.#asked.length; at += 2) {
      if (this.#asked[at] !== piece || this.#asked[at + 1] !== begin) continue;
      this.#asked.splice(at, 2);
      return;
    }
  }
}
