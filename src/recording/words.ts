import { FrameDecoder } from '../protocol/peer/frames.ts';
import { decodeHandshake, type Handshake, HANDSHAKE_LENGTH } from '../protocol/peer/handshake.ts';
import { NAMES } from '../protocol/peer/messageNames.ts';
import type { Message } from '../protocol/peer/messages.ts';
import { Malformed } from '../protocol/encoding/malformed.ts';
import { BLOCK } from '../torrent/geometry.ts';
import type { FrameState } from './openStreams.ts';
import { Filler } from './payload.ts';

export type Word = Message | ({ readonly type: 'handshake' } & Handshake) | { readonly type: 'garbage' };

/** What was said in one direction of a wire, in messages. */
export class Listener {
  readonly #filler: Filler;
  readonly #frames: FrameDecoder;
  readonly #heard: (word: Word) => void;
  readonly #greeting = new Uint8Array(HANDSHAKE_LENGTH);
  #have = 0;
  /** Bytes of a message that began before we listened. */
  #missed = 0;
  #deaf = false;

  /** `heard` is called with each message; what is in it is lent until that returns. */
  constructor(heard: (word: Word) => void, masked = false, state?: FrameState) {
    this.#filler = new Filler(masked, state);
    this.#heard = heard;
    this.#frames = new FrameDecoder(heard);
    if (state !== undefined) this.#joins(state);
  }

  /** Begins in the middle: of the message that is under way nothing is heard. */
  #joins([keep, after, skip, length, have]: FrameState): void {
    this.#have = HANDSHAKE_LENGTH;
    this.#missed = keep + after + skip;
    const begun = new Uint8Array(4);
    new DataView(begun.buffer).setUint32(0, length * 256 ** (4 - have));
    this.#frames.push(begun.subarray(0, have));
  }

  /** Bytes as they were recorded. What makes no sense is `garbage`, once. */
  push(kept: Uint8Array, length: number): void {
    if (this.#deaf) return;
    try {
      const chunk = this.#filler.fill(kept, length);
      if (chunk === undefined) throw new Malformed('recording', 'bytes of its length', 'others');
      this.#push(chunk);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#deaf = true;
      this.#heard({ type: 'garbage' });
    }
  }

  #push(all: Uint8Array): void {
    const chunk = all.subarray(Math.min(this.#missed, all.length));
    this.#missed -= all.length - chunk.length;
    const part = chunk.subarray(0, HANDSHAKE_LENGTH - this.#have);
    if (part.length > 0) {
      this.#greeting.set(part, this.#have);
      this.#have += part.length;
      if (this.#have === HANDSHAKE_LENGTH) this.#heard({ type: 'handshake', ...decodeHandshake(this.#greeting) });
    }
    this.#frames.push(chunk.subarray(part.length));
  }
}

/** A message in a few words: `request 17/3`, piece 17, its block 3, counted from 0. */
export const wordText = (word: Word): string => {
  const name = word.type === 'handshake' || word.type === 'garbage' ? word.type : (NAMES[word.type] ?? word.type);
  switch (word.type) {
    case 'request':
    case 'cancel':
    case 'reject':
    case 'piece':
      return `${name} ${word.piece}/${word.begin / BLOCK}`;
    case 'have':
    case 'suggest':
    case 'allowedFast':
      return `${name} ${word.piece}`;
    case 'extended':
      return `${name} ${word.id}, ${word.payload.length} bytes`;
    case 'port':
      return `${name} ${word.port}`;
    case 'unknown':
      return `unknown ${word.id}`;
    default:
      return name;
  }
};
