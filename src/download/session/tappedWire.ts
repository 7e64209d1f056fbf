import { tap } from 'rxjs';
import type { Wire } from '../../contracts/network.ts';
import { FrameDecoder } from '../../protocol/peer/frames.ts';
import { decodeHandshake, type Handshake, HANDSHAKE_LENGTH } from '../../protocol/peer/handshake.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import type { Message } from '../../protocol/peer/messages.ts';

/** `<` for received, `>` for sent. */
export type Direction = '<' | '>';
export type Said = Message | ({ readonly type: 'handshake' } & Handshake);

/** Listens in on a wire. */
export interface Listener {
  /** One handshake or message; bytes in it are lent. */
  heard(direction: Direction, said: Said): void;
  /** One chunk has been decoded. */
  paused?(direction: Direction): void;
  /** The rest of this direction is malformed and is no longer decoded. */
  lost?(direction: Direction, why: Malformed): void;
}

/** Decodes one direction. Never throws: the pipe itself reports what can't be decoded. */
class Ear {
  readonly #direction: Direction;
  readonly #listener: Listener;
  readonly #greeting = new Uint8Array(HANDSHAKE_LENGTH);
  readonly #frames: FrameDecoder;
  #have = 0;
  #deaf = false;

  constructor(direction: Direction, listener: Listener) {
    this.#direction = direction;
    this.#listener = listener;
    this.#frames = new FrameDecoder((message) => listener.heard(direction, message));
  }

  hear(chunk: Uint8Array): void {
    if (this.#deaf) return;
    try {
      this.#push(chunk);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#deaf = true;
      this.#listener.lost?.(this.#direction, error);
    }
    this.#listener.paused?.(this.#direction);
  }

  #push(chunk: Uint8Array): void {
    const part = chunk.subarray(0, HANDSHAKE_LENGTH - this.#have);
    if (part.length > 0) {
      this.#greeting.set(part, this.#have);
      this.#have += part.length;
      if (this.#have === HANDSHAKE_LENGTH)
        this.#listener.heard(this.#direction, { type: 'handshake', ...decodeHandshake(this.#greeting) });
    }
    this.#frames.push(chunk.subarray(part.length));
  }
}

/** The same wire; `listener` is told of all messages in both directions, before the wire's user is. */
export const tapped = (wire: Wire, listener: Listener): Wire => {
  const theirs = new Ear('<', listener);
  const ours = new Ear('>', listener);
  return {
    address: wire.address,
    bytes$: wire.bytes$.pipe(tap((chunk) => theirs.hear(chunk))),
    drained$: wire.drained$,
    ...(wire.room && { room: wire.room }),
    ...(wire.road && { road: wire.road }),
    write: (bytes) => {
      ours.hear(bytes);
      return wire.write(bytes);
    },
  };
};
