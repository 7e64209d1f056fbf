import { FrameDecoder } from '../src/protocol/peer/frames.ts';
import { HANDSHAKE_LENGTH, decodeHandshake, encodeHandshake, type Handshake } from '../src/protocol/peer/handshake.ts';
import { encodeMessages, type Message } from '../src/protocol/peer/messages.ts';

/** What a wire carries: the handshake, then messages. */
export type Word = Message | ({ readonly type: 'handshake' } & Handshake);

/** The same message with other bytes. */
const withBytes = (message: Message, bytes: (old: Uint8Array) => Uint8Array): Message => {
  if (message.type === 'piece' || message.type === 'bitfield') return { ...message, bytes: bytes(message.bytes) };
  return message.type === 'extended' ? { ...message, payload: bytes(message.payload) } : message;
};

/** A copy of the bytes, which nothing else changes. */
export const kept = (message: Message): Message => withBytes(message, own);

/** Bytes as sockets deliver them: a `Buffer`, whose `slice` does not copy. */
export const lent = (message: Message): Message => withBytes(message, (bytes) => Buffer.from(bytes));

/** A copy, as a plain Uint8Array or a Buffer alike. */
export const own = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

/** Lent bytes are invalid once `next` has returned: a drawing overwrites them, so that a later read shows up. */
export const spoil = (message: Message): void => {
  if (message.type === 'piece' || message.type === 'bitfield') message.bytes.fill(0xdd);
  if (message.type === 'extended') message.payload.fill(0xdd);
};

export const encodeWord = (word: Word): Uint8Array =>
  word.type === 'handshake' ? encodeHandshake(word) : encodeMessages([word]);

/** Decodes one direction of a wire into words; the listener owns the bytes in them. */
export class Hearing {
  readonly #emit: (word: Word) => void;
  readonly #frames: FrameDecoder;
  #greeting: Uint8Array = new Uint8Array();
  #greeted = false;

  constructor(emit: (word: Word) => void) {
    this.#emit = emit;
    this.#frames = new FrameDecoder((message) => emit(kept(message)));
  }

  push(bytes: Uint8Array): void {
    if (this.#greeted) return this.#frames.push(bytes);
    const all = Uint8Array.from([...this.#greeting, ...bytes]);
    if (all.length < HANDSHAKE_LENGTH) {
      this.#greeting = all;
      return;
    }
    this.#greeted = true;
    this.#emit({ type: 'handshake', ...decodeHandshake(all.subarray(0, HANDSHAKE_LENGTH)) });
    if (all.length > HANDSHAKE_LENGTH) this.#frames.push(all.subarray(HANDSHAKE_LENGTH));
  }
}
