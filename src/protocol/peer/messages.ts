/** What peers say to each other. BEP 3, 5 (port), 6 (fast extension), 10 (extended), 52 (hashes). */
export type Message =
  | { readonly type: 'keepAlive' | 'choke' | 'unchoke' | 'interested' | 'notInterested' | 'haveAll' | 'haveNone' }
  | { readonly type: 'have' | 'suggest' | 'allowedFast'; readonly piece: number }
  | { readonly type: 'bitfield'; readonly bytes: Uint8Array }
  | BlockRange<'request'>
  | BlockRange<'cancel'>
  | BlockRange<'reject'>
  | PieceMessage
  | { readonly type: 'port'; readonly port: number }
  | HashRange<'hashRequest'>
  | HashRange<'hashReject'>
  | HashesMessage
  | { readonly type: 'extended'; readonly id: number; readonly payload: Uint8Array }
  /** A message of a type that we do not know: only its length is kept. */
  | { readonly type: 'unknown'; readonly id: number; readonly length: number };

export interface BlockRange<T extends string> {
  readonly type: T;
  readonly piece: number;
  readonly begin: number;
  readonly length: number;
}

/** Hashes of one layer of the tree of a file. BEP 52. */
export interface HashRange<T extends string> {
  readonly type: T;
  /** The root of the file's tree, 32 bytes. */
  readonly root: Uint8Array;
  /** The layer, counted from that of the blocks. */
  readonly base: number;
  /** The first hash in it, and how many. */
  readonly index: number;
  readonly length: number;
  /** Layers above it of which hashes are added that prove these, as far as they don't follow from them. */
  readonly proof: number;
}

export interface HashesMessage extends HashRange<'hashes'> {
  /** 32 bytes each: those asked for, and then those that prove them, from below. */
  readonly hashes: Uint8Array;
}

export interface PieceMessage {
  readonly type: 'piece';
  readonly piece: number;
  readonly begin: number;
  readonly bytes: Uint8Array;
}

/** Message ids on the wire. */
export const ID = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  notInterested: 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  port: 9,
  suggest: 13,
  haveAll: 14,
  haveNone: 15,
  reject: 16,
  allowedFast: 17,
  extended: 20,
  hashRequest: 21,
  hashes: 22,
  hashReject: 23,
} as const;

/** Bytes of a range of hashes: the root, and four numbers. */
export const HASH_RANGE = 48;

/** Length of the message on the wire, in bytes, including its 4-byte length prefix. */
const sizeOf = (message: Message): number => {
  switch (message.type) {
    case 'request':
    case 'cancel':
    case 'reject':
      return 17;
    case 'piece':
      return 13 + message.bytes.length;
    case 'hashRequest':
    case 'hashReject':
      return 5 + HASH_RANGE;
    case 'hashes':
      return 5 + HASH_RANGE + message.hashes.length;
    case 'keepAlive':
      return 4;
    case 'have':
    case 'suggest':
    case 'allowedFast':
      return 9;
    case 'bitfield':
      return 5 + message.bytes.length;
    case 'port':
      return 7;
    case 'extended':
      return 6 + message.payload.length;
    case 'unknown':
      return 0;
    default:
      return 5;
  }
};

const fresh = (size: number): Uint8Array => new Uint8Array(size);

/**
 * Encodes all messages one after the other into one buffer that `room` provides; its previous content does not matter.
 * `unknown` messages are left out.
 */
export const encodeMessages = (
  messages: readonly Message[],
  room: (size: number) => Uint8Array = fresh,
): Uint8Array => {
  let size = 0;
  for (const message of messages) size += sizeOf(message);
  const bytes = room(size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  let at = 0;
  for (const message of messages) at = put(bytes, view, at, message);
  return bytes;
};

/** Writes the message, and returns where the next one begins. */
const put = (bytes: Uint8Array, view: DataView, at: number, message: Message): number => {
  if (message.type === 'unknown') return at;
  const end = at + sizeOf(message);
  view.setUint32(at, end - at - 4);
  if (message.type === 'keepAlive') return end;
  bytes[at + 4] = ID[message.type];
  switch (message.type) {
    case 'request':
    case 'cancel':
    case 'reject':
      view.setUint32(at + 5, message.piece);
      view.setUint32(at + 9, message.begin);
      view.setUint32(at + 13, message.length);
      break;
    case 'piece':
      view.setUint32(at + 5, message.piece);
      view.setUint32(at + 9, message.begin);
      bytes.set(message.bytes, at + 13);
      break;
    case 'have':
    case 'suggest':
    case 'allowedFast':
      view.setUint32(at + 5, message.piece);
      break;
    case 'bitfield':
      bytes.set(message.bytes, at + 5);
      break;
    case 'port':
      view.setUint16(at + 5, message.port);
      break;
    case 'extended':
      bytes[at + 5] = message.id;
      bytes.set(message.payload, at + 6);
      break;
    default:
      if ('root' in message) putRange(bytes, view, at + 5, message);
  }
  return end;
};

const putRange = (bytes: Uint8Array, view: DataView, at: number, message: HashRange<string> | HashesMessage): void => {
  bytes.set(message.root, at);
  view.setUint32(at + 32, message.base);
  view.setUint32(at + 36, message.index);
  view.setUint32(at + 40, message.length);
  view.setUint32(at + 44, message.proof);
  if ('hashes' in message) bytes.set(message.hashes, at + HASH_RANGE);
};
