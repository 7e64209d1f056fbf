import { Malformed } from '../encoding/malformed.ts';

/** Length of a handshake up to the info-hash, and with the peer id, in bytes (BEP 3). */
export const GREETING_LENGTH = 48;
export const HANDSHAKE_LENGTH = 68;

const PROTOCOL = Uint8Array.from('\x13BitTorrent protocol', (letter) => letter.charCodeAt(0));

/** What the reserved bits announce: BEP 10 extended, BEP 6 fast, BEP 5 dht, BEP 52 v2. */
export interface Abilities {
  readonly extended: boolean;
  readonly fast: boolean;
  readonly dht: boolean;
  /** It may be answered by the info-hash of version 2. */
  readonly v2?: boolean;
}

export interface Handshake extends Abilities {
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  /** The eight reserved bytes as they were received. */
  readonly reserved: Uint8Array;
}

/** Encodes 68 bytes: 19, the protocol's name, eight reserved bytes, info-hash, peer id (BEP 3). */
export const encodeHandshake = ({
  infoHash,
  peerId,
  extended = false,
  fast = false,
  dht = false,
  v2 = false,
}: Partial<Abilities> & Pick<Handshake, 'infoHash' | 'peerId'>): Uint8Array => {
  const bytes = new Uint8Array(HANDSHAKE_LENGTH);
  bytes.set(PROTOCOL);
  if (extended) bytes[25] = 0x10;
  bytes[27] = (v2 ? 0x10 : 0) | (fast ? 0x04 : 0) | (dht ? 0x01 : 0);
  bytes.set(infoHash, 28);
  bytes.set(peerId, 48);
  return bytes;
};

/** Do the reserved bits of these bytes, the beginning of a handshake, say that version 2 is spoken, too (BEP 52)? */
export const isUpgradable = (bytes: Uint8Array): boolean => ((bytes[27] ?? 0) & 0x10) !== 0;

/** Rejects the first `length` bytes as soon as they cannot become a handshake. @throws Malformed */
export const checkProtocol = (bytes: Uint8Array, length: number): void => {
  const end = Math.min(length, PROTOCOL.length);
  for (let at = 0; at < end; at++) {
    if (bytes[at] !== PROTOCOL[at])
      throw new Malformed('handshake', `byte ${at} to be ${PROTOCOL[at]}`, bytes[at] as number);
  }
};

/** Are these bytes the beginning of a handshake? Undefined while there are too few of them to tell. */
export const beginsHandshake = (bytes: Uint8Array): boolean | undefined => {
  for (let at = 0; at < PROTOCOL.length; at++) {
    if (at === bytes.length) return undefined;
    if (bytes[at] !== PROTOCOL[at]) return false;
  }
  return true;
};

/**
 * Decodes exactly 68 bytes, and copies what it keeps. @throws Malformed if they do not begin with the protocol's name.
 */
export const decodeHandshake = (bytes: Uint8Array): Handshake => {
  if (bytes.length !== HANDSHAKE_LENGTH) throw new Malformed('handshake', `${HANDSHAKE_LENGTH} bytes`, bytes.length);
  checkProtocol(bytes, bytes.length);
  const reserved = bytes.slice(20, 28);
  return {
    reserved,
    extended: ((reserved[5] as number) & 0x10) !== 0,
    fast: ((reserved[7] as number) & 0x04) !== 0,
    dht: ((reserved[7] as number) & 0x01) !== 0,
    ...(isUpgradable(bytes) && { v2: true }),
    infoHash: bytes.slice(28, 48),
    peerId: bytes.slice(48, 68),
  };
};
