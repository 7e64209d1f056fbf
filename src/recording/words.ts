import { NAMES } from '../protocol/peer/messageNames.ts';
import { type Said, SpokenDecoder } from '../protocol/peer/spoken.ts';
import { Malformed } from '../protocol/encoding/malformed.ts';
import { BLOCK } from '../torrent/geometry.ts';
import type { FrameState } from './openStreams.ts';
import { Filler } from './payload.ts';

export type Word = Said | { readonly type: 'garbage' };

/** What was said in one direction of a wire, in messages. */
export class Listener {
  readonly #filler: Filler;
  readonly #spoken: SpokenDecoder;
  /** Bytes of a message that began before we listened. */
  #missed = 0;

  /** `heard` is called with each message; what is in it is lent until that returns. */
  constructor(heard: (word: Word) => void, masked = false, state?: FrameState) {
    this.#filler = new Filler(masked, state);
    this.#spoken = new SpokenDecoder({ heard, lost: () => heard({ type: 'garbage' }) });
    if (state !== undefined) this.#joins(state);
  }

  /** Begins in the middle: of the message that is under way nothing is heard. */
  #joins([keep, after, skip, length, have]: FrameState): void {
    this.#missed = keep + after + skip;
    const begun = new Uint8Array(4);
    new DataView(begun.buffer).setUint32(0, length * 256 ** (4 - have));
    this.#spoken.join(begun.subarray(0, have));
  }

  /** Bytes as they were recorded. What makes no sense is `garbage`, once. */
  push(kept: Uint8Array, length: number): void {
    const chunk = this.#filler.fill(kept, length);
    if (chunk === undefined) return this.#spoken.lose(new Malformed('recording', 'bytes of its length', 'others'));
    const heard = chunk.subarray(Math.min(this.#missed, chunk.length));
    this.#missed -= chunk.length - heard.length;
    this.#spoken.push(heard);
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
