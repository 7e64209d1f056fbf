/** Kinds of packets, BEP 29. */
export const DATA = 0;
export const FIN = 1;
export const STATE = 2;
export const RESET = 3;
export const SYN = 4;

export type UtpType = typeof DATA | typeof FIN | typeof STATE | typeof RESET | typeof SYN;

/** Bytes of the header that each packet begins with. */
export const HEADER = 20;
const VERSION = 1;
const SELECTIVE_ACK = 1;
/**
 * Eight bytes that nobody has given a meaning; and our own extension, which is never the first one, as libutp takes no
 * packet for uTP that begins with one it does not know.
 */
const BITS = 2;
const BITS_LENGTH = 8;
const PADDING = 0x70;
/** Bytes of padding. */
const LEAST_PADDING = 4 + BITS_LENGTH;
/** Extensions that one packet may carry; BEP 29 knows one. */
const MAX_EXTENSIONS = 8;

/** What stands in a header. Times are microseconds, and wrap around at 32 bits. */
export interface UtpFields {
  readonly type: UtpType;
  readonly id: number;
  /** When the packet was sent, by the sender's clock. */
  readonly sentAt: number;
  /** How long the last packet was on its way to the sender, with the difference of both clocks in it. */
  readonly delay: number;
  /** How many more bytes the sender can take. */
  readonly window: number;
  readonly sequence: number;
  /** The last packet up to which the sender has all. */
  readonly ack: number;
}

/**
 * True if a datagram may be a uTP packet. None that begins with `d`, as those of the DHT do, is one; answers of a UDP
 * tracker are not, either.
 */
export const isUtp = (bytes: Uint8Array): boolean => {
  const first = bytes[0];
  return bytes.length >= HEADER && first !== undefined && (first & 15) === VERSION && first >> 4 <= SYN;
};

/**
 * A packet that is read in place. One is used for each datagram that comes, since there are some ten thousand a second.
 * Depends on the last datagram read, which is lent: nothing here is to be used once that is gone.
 */
export class UtpPacket implements UtpFields {
  type: UtpType = STATE;
  id = 0;
  sentAt = 0;
  delay = 0;
  window = 0;
  sequence = 0;
  ack = 0;
  bytes: Uint8Array = new Uint8Array();
  /** Where the bitmask of a selective acknowledgement begins, and how many bytes it has; 0 if there is none. */
  maskAt = 0;
  maskLength = 0;
  /** Where the payload begins. */
  payloadAt = 0;

  get payloadLength(): number {
    return this.bytes.length - this.payloadAt;
  }

  /**
   * Reads a datagram. False if it is no packet of uTP, as happens on every open port, so often that an error would
   * cost too much.
   */
  read(bytes: Uint8Array): boolean {
    if (!isUtp(bytes)) return false;
    this.bytes = bytes;
    this.type = (uint8(bytes, 0) >> 4) as UtpType;
    this.id = uint16(bytes, 2);
    this.sentAt = uint32(bytes, 4);
    this.delay = uint32(bytes, 8);
    this.window = uint32(bytes, 12);
    this.sequence = uint16(bytes, 16);
    this.ack = uint16(bytes, 18);
    return this.#readExtensions(bytes);
  }

  /** True if the packet `ack + 2 + index` is acknowledged. */
  has(index: number): boolean {
    return (uint8(this.bytes, this.maskAt + (index >> 3)) >> (index & 7)) % 2 === 1;
  }

  #readExtensions(bytes: Uint8Array): boolean {
    this.maskAt = this.maskLength = 0;
    let at = HEADER;
    let kind = uint8(bytes, 1);
    for (let count = 0; kind !== 0; count++) {
      if (count === MAX_EXTENSIONS || at + 2 > bytes.length) return false;
      const length = uint8(bytes, at + 1);
      if (at + 2 + length > bytes.length) return false;
      if (kind === SELECTIVE_ACK && length >= 4 && length % 4 === 0) {
        this.maskAt = at + 2;
        this.maskLength = length;
      }
      kind = uint8(bytes, at);
      at += 2 + length;
    }
    this.payloadAt = at;
    return true;
  }
}

const uint8 = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;
const uint16 = (bytes: Uint8Array, at: number): number => (uint8(bytes, at) << 8) | uint8(bytes, at + 1);
const uint32 = (bytes: Uint8Array, at: number): number => uint16(bytes, at) * 65_536 + uint16(bytes, at + 2);

/** Writes a header, but for the kind of the first extension. */
export const writeHeader = (bytes: Uint8Array, fields: UtpFields): void => {
  bytes[0] = (fields.type << 4) | VERSION;
  put16(bytes, 2, fields.id);
  put32(bytes, 4, fields.sentAt);
  put32(bytes, 8, fields.delay);
  put32(bytes, 12, fields.window);
  put16(bytes, 16, fields.sequence);
  put16(bytes, 18, fields.ack);
};

/** A packet without a payload; with `mask`, one of 4, 8, 12 … bytes, it acknowledges selectively. */
export const encodeUtp = (fields: UtpFields, mask?: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(HEADER + (mask === undefined ? 0 : 2 + mask.length));
  writeHeader(bytes, fields);
  if (mask === undefined) return bytes;
  bytes[1] = SELECTIVE_ACK;
  bytes[HEADER + 1] = mask.length;
  bytes.set(mask, HEADER + 2);
  return bytes;
};

/** What is answered to a packet of a connection that does not exist. */
export const resetOf = ({ id, sequence }: UtpFields): Uint8Array =>
  encodeUtp({ type: RESET, id, sentAt: 0, delay: 0, window: 0, sequence: 0, ack: sequence });

/**
 * A packet whose header is still to be written, with `payload` bytes after `padding` bytes: extensions that everybody
 * skips. Padding takes 12 bytes at least, and 267 at most.
 */
export const unwritten = (payload: number, padding = 0): Uint8Array => {
  const bytes = new Uint8Array(HEADER + padding + payload);
  if (padding === 0) return bytes;
  bytes[1] = BITS;
  bytes[HEADER] = PADDING;
  bytes[HEADER + 1] = BITS_LENGTH;
  bytes[HEADER + 2 + BITS_LENGTH + 1] = padding - LEAST_PADDING;
  return bytes;
};

const put16 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
};

const put32 = (bytes: Uint8Array, at: number, value: number): void => {
  put16(bytes, at, value >>> 16);
  put16(bytes, at + 2, value);
};
