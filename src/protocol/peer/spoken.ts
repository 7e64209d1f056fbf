import { Malformed } from '../encoding/malformed.ts';
import { FrameDecoder } from './frames.ts';
import { decodeHandshake, type Handshake, HANDSHAKE_LENGTH } from './handshake.ts';
import type { Message } from './messages.ts';

/** `<` for received, `>` for sent. */
export type Direction = '<' | '>';
/** A message, or the handshake before the first one. */
export type Said = Message | ({ readonly type: 'handshake' } & Handshake);

export interface SpokenListener {
  /** Is called with the handshake and with each message; bytes in it are lent until it returns. */
  readonly heard: (said: Said) => void;
  /** Is called once if the bytes are malformed: nothing more is decoded. */
  readonly lost?: ((why: Malformed) => void) | undefined;
}

/**
 * Decodes one direction of a wire for code that listens in: the handshake, then messages. How the bytes are cut into
 * chunks makes no difference. Never throws for malformed bytes. Invariant: at most a handshake and one message are
 * kept.
 */
export class SpokenDecoder {
  readonly #listener: SpokenListener;
  readonly #frames: FrameDecoder;
  readonly #greeting = new Uint8Array(HANDSHAKE_LENGTH);
  #have = 0;
  #deaf = false;

  constructor(listener: SpokenListener) {
    this.#listener = listener;
    this.#frames = new FrameDecoder(listener.heard);
  }

  /** Begins after the handshake, with the first bytes of a message. */
  join(begun: Uint8Array): void {
    this.#have = HANDSHAKE_LENGTH;
    this.push(begun);
  }

  push(chunk: Uint8Array): void {
    if (this.#deaf) return;
    try {
      this.#push(chunk);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.lose(error);
    }
  }

  /** The bytes are known to be malformed: nothing more is decoded. */
  lose(why: Malformed): void {
    if (this.#deaf) return;
    this.#deaf = true;
    this.#listener.lost?.(why);
  }

  #push(chunk: Uint8Array): void {
    const part = chunk.subarray(0, HANDSHAKE_LENGTH - this.#have);
    if (part.length > 0) {
      this.#greeting.set(part, this.#have);
      this.#have += part.length;
      if (this.#have === HANDSHAKE_LENGTH)
        this.#listener.heard({ type: 'handshake', ...decodeHandshake(this.#greeting) });
    }
    this.#frames.push(chunk.subarray(part.length));
  }

  check(): void {
    if (this.#have > HANDSHAKE_LENGTH) throw new RangeError(`${this.#have} bytes of a handshake`);
  }
}
