import { FrameDecoder } from '../src/protocol/frames.ts';
import { HANDSHAKE_LENGTH, decodeHandshake, encodeHandshake, type Handshake } from '../src/protocol/handshake.ts';
import { encodeMessages, type Message } from '../src/protocol/messages.ts';

/** Whatever may go over a wire: the greeting, then messages. */
export type Word = Message | ({ readonly type: 'handshake' } & Handshake);

/** Bytes of their own, which nobody else will change. */
export const kept = (message: Message): Message => {
  if (message.type === 'piece' || message.type === 'bitfield') return { ...message, bytes: message.bytes.slice() };
  return message.type === 'extended' ? { ...message, payload: message.payload.slice() } : message;
};

/** Lent bytes are worth nothing once `next` has returned: a drawing makes sure that nobody looks at them later. */
export const spoil = (message: Message): void => {
  if (message.type === 'piece' || message.type === 'bitfield') message.bytes.fill(0xdd);
  if (message.type === 'extended') message.payload.fill(0xdd);
};

export const encodeWord = (word: Word): Uint8Array => (word.type === 'handshake' ? encodeHandshake(word) : encodeMessages([word]));

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
