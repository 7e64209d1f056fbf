import { FrameDecoder } from '../src/protocol/peer/frames.ts';
import { HANDSHAKE_LENGTH, decodeHandshake, encodeHandshake, type Handshake } from '../src/protocol/peer/handshake.ts';
import { encodeMessages, type Message } from '../src/protocol/peer/messages.ts';

/** Whatever may go over a wire: the greeting, then messages. */
export type Word = Message | ({ readonly type: 'handshake' } & Handshake);

/** The same message with other bytes. */
const withBytes = (message: Message, bytes: (old: Uint8Array) => Uint8Array): Message => {
  if (message.type === 'piece' || message.type === 'bitfield') return { ...message, bytes: bytes(message.bytes) };
  return message.type === 'extended' ? { ...message, payload: bytes(message.payload) } : message;
};

/** Bytes of their own, which nobody else will change. */
export const kept = (message: Message): Message => withBytes(message, own);

/** Bytes as sockets have them: of a `Buffer` nothing is kept by its `slice`, which does not copy. */
export const lent = (message: Message): Message => withBytes(message, (bytes) => Buffer.from(bytes));

/** A copy, whatever it is a copy of. */
export const own = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

/** Lent bytes are worth nothing once `next` has returned: a drawing makes sure that nobody looks at them later. */
export const spoil = (message: Message): void => {
  if (message.type === 'piece' || message.type === 'bitfield') message.bytes.fill(0xdd);
  if (message.type === 'extended') message.payload.fill(0xdd);
};

export const encodeWord = (word: Word): Uint8Array =>
  word.type === 'handshake' ? encodeHandshake(word) : encodeMessages([word]);

/** Turns the bytes of one direction of a wire into words; bytes in them are the listener's own. */
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
