import { Malformed } from '../encoding/malformed.ts';
import { ID, type Message } from './messages.ts';

/** Payload of a `piece` message: never more than we ask for. */
export const MAX_BLOCK = 16384;
/** Any message: a bitfield of eight million pieces fits. */
export const MAX_MESSAGE = 1 << 20;

/** A message longer than its type allows. */
export class Oversized extends Malformed {}

/**
 * Chunks in, messages out (BEP 3). Depends on nothing but the bytes: how they are cut into chunks makes no difference.
 * Never joins chunks: a frame inside one chunk is decoded where it lies, one that straddles is copied once, to scratch.
 * Invariants: at most one frame is kept; `#have` bytes of it are in `#scratch`, whose size was checked before.
 */
export class FrameDecoder {
  readonly #emit: (message: Message) => void;
  readonly #bitfieldLength: number | undefined;
  #scratch: Uint8Array;
  #view: DataView;
  #have = 0;
  /** Bytes of the kept frame with its prefix; 0 while the prefix and id are not complete. */
  #need = 0;
  /** Bytes of a message of unknown type still to pass over. */
  #skip = 0;

  /** `emit` hears each message; bytes in it are lent until it returns. `pieceCount` fixes the length of a bitfield. */
  constructor(emit: (message: Message) => void, { pieceCount }: { readonly pieceCount?: number | undefined } = {}) {
    this.#emit = emit;
    this.#bitfieldLength = pieceCount === undefined ? undefined : (pieceCount + 7) >> 3;
    this.#scratch = new Uint8Array(MAX_BLOCK + 13);
    this.#view = new DataView(this.#scratch.buffer);
  }

  /** @throws Malformed, Oversized: the connection is of no use afterwards. */
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
      // Most are that, and need no further look.
      const block = id === ID.piece && length >= 10 && length <= MAX_BLOCK + 9;
      if (!block) this.#check(id, length);
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

  /** How many of `available` bytes belong to a message that is passed over. */
  #pass(available: number): number {
    const passed = Math.min(this.#skip, available);
    this.#skip -= passed;
    return passed;
  }

  /** Adds to the kept frame; decodes it when complete. Returns where the chunk goes on. */
  #gather(chunk: Uint8Array, at: number): number {
    // Four bytes first: a keep-alive has no fifth.
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

  /** Learns from the first four or five bytes how long the frame is. */
  #measure(): void {
    const length = this.#view.getUint32(0);
    if (length === 0) {
      this.#need = 4;
      return;
    }
    if (length > MAX_MESSAGE) throw new Oversized('message length', `at most ${MAX_MESSAGE} bytes`, length);
    if (this.#have < 5) return;
    const id = this.#scratch[4] as number;
    this.#check(id, length);
    if (!known(id)) {
      this.#have = 0;
      this.#skip = length - 1;
      this.#emit({ type: 'unknown', id, length });
      return;
    }
    this.#need = length + 4;
  }

  #grow(size: number): void {
    const scratch = new Uint8Array(size);
    scratch.set(this.#scratch.subarray(0, this.#have));
    this.#scratch = scratch;
    this.#view = new DataView(scratch.buffer);
  }

  /** Refuses a length that its type can't have, before anything is kept for it. */
  #check(id: number, length: number): void {
    // First, so that it makes no difference whether the id came with the length.
    if (length > MAX_MESSAGE) throw new Oversized('message length', `at most ${MAX_MESSAGE} bytes`, length);
    const payload = length - 1;
    const fixed = FIXED[id];
    if (fixed !== undefined) {
      if (payload !== fixed) throw new Malformed(`message ${id}`, `${fixed} bytes of payload`, payload);
    } else if (id === ID.piece) {
      if (payload > MAX_BLOCK + 8)
        throw new Oversized('piece message', `at most ${MAX_BLOCK + 8} bytes of payload`, payload);
      // One without a block is how some reject.
      if (payload < 8) throw new Malformed('piece message', 'at least 8 bytes of payload', payload);
    } else if (id === ID.bitfield && this.#bitfieldLength !== undefined) {
      if (payload !== this.#bitfieldLength) throw new Malformed('bitfield', `${this.#bitfieldLength} bytes`, payload);
    } else if (id === ID.extended && payload < 1) {
      throw new Malformed('extended message', 'an extension id', 'none');
    }
  }
}

const keepAlive: Message = { type: 'keepAlive' };

/** Payload bytes of the types that have a fixed number of them, by id. */
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
  FIXED[id] !== undefined || id === ID.piece || id === ID.bitfield || id === ID.extended;

/** One frame of a checked length, whole in `bytes` at `at`. */
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
