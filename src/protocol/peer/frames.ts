import { Malformed } from '../encoding/malformed.ts';
import { HASH_RANGE, ID, type Message } from './messages.ts';

/** Maximum payload of a `piece` message, in bytes: never more than we ask for. */
export const MAX_BLOCK = 16384;
/** Maximum length of any message, in bytes: a bitfield of eight million pieces fits. */
export const MAX_MESSAGE = 1 << 20;

/** Maximum payload of a `hashes` message, in bytes: 8192 hashes are of one piece, and a proof is short. */
export const MAX_HASHES = HASH_RANGE + (8192 + 64) * 32;

/** Memory that a peer has from the start: most messages fit, and many peers never send a block. */
const FIRST_SCRATCH = 64;

/** A message that is longer than its type allows. */
export class Oversized extends Malformed {}

/**
 * Decodes chunks of bytes to messages (BEP 3). How the bytes are cut into chunks makes no difference. Chunks are never
 * joined: a frame within one chunk is decoded in place, and a frame that straddles chunks is copied once, to scratch
 * memory. Invariants: at most one frame is kept; `#have` bytes of it are in `#scratch`, whose size was checked before.
 */
export class FrameDecoder {
  readonly #emit: (message: Message) => void;
  readonly #bitfieldLength: number | undefined;
  #scratch: Uint8Array;
  #view: DataView;
  #have = 0;
  /** Length of the kept frame with its prefix; 0 while prefix and id are incomplete. */
  #need = 0;
  /** Bytes of a message of unknown type that are still to be skipped. */
  #skip = 0;

  /**
   * `emit` is called with each message; its bytes are lent until `emit` returns. `pieceCount` fixes the length of a
   * bitfield.
   */
  constructor(emit: (message: Message) => void, { pieceCount }: { readonly pieceCount?: number | undefined } = {}) {
    this.#emit = emit;
    this.#bitfieldLength = pieceCount === undefined ? undefined : (pieceCount + 7) >> 3;
    this.#scratch = new Uint8Array(FIRST_SCRATCH);
    this.#view = new DataView(this.#scratch.buffer);
  }

  /** @throws Malformed, Oversized: the decoder must not be used afterwards. */
  push(chunk: Uint8Array): void {
    let at = 0;
    const end = chunk.length;
    if (this.#skip > 0) at = this.#pass(end);
    while (this.#have > 0 && at < end) at = this.#gather(chunk, at);
    if (at >= end) return;
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (end - at >= 5) {
      const length = view.getUint32(at);
      if (length === 0) {
        this.#emit(keepAlive);
        at += 4;
        continue;
      }
      const id = chunk[at + 4] as number;
      // Most messages are blocks, and need no further checks.
      const block = id === ID.piece && length >= 10 && length <= MAX_BLOCK + 9;
      if (!block) this.#checkLength(id, length);
      if (!block && !known(id)) {
        this.#emit({ type: 'unknown', id, length });
        this.#skip = length + 4;
        at += this.#pass(end - at);
        continue;
      }
      if (end - at < length + 4) {
        this.#need = length + 4;
        break;
      }
      this.#emit(decode(chunk, view, at, length));
      at += length + 4;
    }
    while (at < end) at = this.#gather(chunk, at);
  }

  /** Number of the `available` bytes that belong to a message that is skipped. */
  #pass(available: number): number {
    const passed = Math.min(this.#skip, available);
    this.#skip -= passed;
    return passed;
  }

  /** Adds bytes to the kept frame, and decodes it when it is complete. Returns where the rest of the chunk begins. */
  #gather(chunk: Uint8Array, at: number): number {
    // Four bytes first: a keep-alive message has no fifth.
    const wanted = (this.#need || (this.#have < 4 ? 4 : 5)) - this.#have;
    const taken = Math.min(wanted, chunk.length - at);
    if (this.#need > this.#scratch.length) this.#grow(this.#need);
    this.#scratch.set(chunk.subarray(at, at + taken), this.#have);
    this.#have += taken;
    if (this.#need === 0 && this.#have >= 4) this.#measure();
    if (this.#need > 0 && this.#have === this.#need) {
      const length = this.#need - 4;
      this.#have = this.#need = 0;
      this.#emit(length === 0 ? keepAlive : decode(this.#scratch, this.#view, 0, length));
    }
    return at + taken + (this.#skip > 0 ? this.#pass(chunk.length - at - taken) : 0);
  }

  /** Reads the length of the frame from its first four or five bytes. */
  #measure(): void {
    const length = this.#view.getUint32(0);
    if (length === 0) {
      this.#need = 4;
      return;
    }
    if (length > MAX_MESSAGE) throw new Oversized('message length', `at most ${MAX_MESSAGE} bytes`, length);
    if (this.#have < 5) return;
    const id = this.#scratch[4] as number;
    this.#checkLength(id, length);
    if (!known(id)) {
      this.#have = 0;
      this.#skip = length - 1;
      this.#emit({ type: 'unknown', id, length });
      return;
    }
    this.#need = length + 4;
  }

  /** All blocks fit into what the first one needs. */
  #grow(size: number): void {
    const scratch = new Uint8Array(Math.max(size, MAX_BLOCK + 13));
    scratch.set(this.#scratch.subarray(0, this.#have));
    this.#scratch = scratch;
    this.#view = new DataView(scratch.buffer);
  }

  /** Rejects a length that the message's type cannot have, before any memory is used for it. */
  #checkLength(id: number, length: number): void {
    // This is checked first, so that it makes no difference whether the id came together with the length.
    if (length > MAX_MESSAGE) throw new Oversized('message length', `at most ${MAX_MESSAGE} bytes`, length);
    const payload = length - 1;
    const fixed = FIXED[id];
    if (fixed !== undefined) {
      if (payload !== fixed) throw new Malformed(`message ${id}`, `${fixed} bytes of payload`, payload);
    } else if (id === ID.piece) {
      if (payload > MAX_BLOCK + 8)
        throw new Oversized('piece message', `at most ${MAX_BLOCK + 8} bytes of payload`, payload);
      // Some clients reject a request by a piece message without a block.
      if (payload < 8) throw new Malformed('piece message', 'at least 8 bytes of payload', payload);
    } else if (id === ID.bitfield && this.#bitfieldLength !== undefined) {
      if (payload !== this.#bitfieldLength) throw new Malformed('bitfield', `${this.#bitfieldLength} bytes`, payload);
    } else if (id === ID.hashes) {
      if (payload < HASH_RANGE || payload % 32 !== HASH_RANGE % 32)
        throw new Malformed('hashes message', 'a range and hashes of 32 bytes', payload);
      if (payload > MAX_HASHES)
        throw new Oversized('hashes message', `at most ${MAX_HASHES} bytes of payload`, payload);
    } else if (id === ID.extended && payload < 1) {
      throw new Malformed('extended message', 'an extension id', 'none');
    }
  }

  check(): void {
    if (this.#have > this.#scratch.length || (this.#need > 0 && this.#have >= this.#need))
      throw new RangeError(`${this.#have} bytes of a frame of ${this.#need} are kept, in ${this.#scratch.length}`);
    if (this.#need > MAX_MESSAGE + 4 || this.#skip > MAX_MESSAGE + 4)
      throw new RangeError(`${this.#need} bytes are waited for, ${this.#skip} skipped`);
    if (this.#skip > 0 && this.#have > 0) throw new RangeError('a frame is kept and skipped');
  }
}

const keepAlive: Message = { type: 'keepAlive' };

/** Payload length of the message types that have a fixed one, by id. */
const FIXED: readonly (number | undefined)[] = [
  0,
  0,
  0,
  0,
  4,
  undefined,
  12,
  undefined,
  12,
  2,
  undefined,
  undefined,
  undefined,
  4,
  0,
  0,
  12,
  4,
  undefined,
  undefined,
  undefined,
  HASH_RANGE,
  undefined,
  HASH_RANGE,
];
const SIMPLE = {
  0: 'choke',
  1: 'unchoke',
  2: 'interested',
  3: 'notInterested',
  14: 'haveAll',
  15: 'haveNone',
} as const;

const known = (id: number): boolean =>
  FIXED[id] !== undefined || id === ID.piece || id === ID.bitfield || id === ID.extended || id === ID.hashes;

/** Decodes one frame whose length has been checked; all of it lies in `bytes` at `at`. */
const decode = (bytes: Uint8Array, view: DataView, at: number, length: number): Message => {
  const end = at + 4 + length;
  const id = bytes[at + 4] as number;
  switch (id) {
    case ID.piece:
      return {
        type: 'piece',
        piece: view.getUint32(at + 5),
        begin: view.getUint32(at + 9),
        bytes: bytes.subarray(at + 13, end),
      };
    case ID.have:
      return { type: 'have', piece: view.getUint32(at + 5) };
    case ID.request:
    case ID.cancel:
    case ID.reject: {
      const type = id === ID.request ? 'request' : id === ID.cancel ? 'cancel' : 'reject';
      return { type, piece: view.getUint32(at + 5), begin: view.getUint32(at + 9), length: view.getUint32(at + 13) };
    }
    case ID.bitfield:
      return { type: 'bitfield', bytes: bytes.subarray(at + 5, end) };
    case ID.extended:
      return { type: 'extended', id: bytes[at + 5] as number, payload: bytes.subarray(at + 6, end) };
    case ID.hashRequest:
      return rangeOf('hashRequest', bytes, view, at + 5);
    case ID.hashReject:
      return rangeOf('hashReject', bytes, view, at + 5);
    case ID.hashes:
      return { ...rangeOf('hashes', bytes, view, at + 5), hashes: bytes.subarray(at + 5 + HASH_RANGE, end) };
    case ID.suggest:
      return { type: 'suggest', piece: view.getUint32(at + 5) };
    case ID.allowedFast:
      return { type: 'allowedFast', piece: view.getUint32(at + 5) };
    case ID.port:
      return { type: 'port', port: view.getUint16(at + 5) };
    default:
      return { type: SIMPLE[id as keyof typeof SIMPLE] };
  }
};

const rangeOf = <T extends string>(type: T, bytes: Uint8Array, view: DataView, at: number) => ({
  type,
  root: bytes.subarray(at, at + 32),
  base: view.getUint32(at + 32),
  index: view.getUint32(at + 36),
  length: view.getUint32(at + 40),
  proof: view.getUint32(at + 44),
});
