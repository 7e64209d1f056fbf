import { encodeHandshake } from '../src/protocol/peer/handshake.ts';
import { encodeMessages, type Message } from '../src/protocol/peer/messages.ts';
import { SpokenDecoder, type Said as Word } from '../src/protocol/peer/spoken.ts';

export type { Word };

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

/** Decodes one direction of a wire into words; the listener owns the bytes in them. Throws where they are malformed. */
export class Hearing {
  readonly #decoder: SpokenDecoder;

  constructor(emit: (word: Word) => void) {
    this.#decoder = new SpokenDecoder({
      heard: (word) => emit(word.type === 'handshake' ? word : kept(word)),
      lost: (why) => {
        throw why;
      },
    });
  }

  push(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
  }
}
