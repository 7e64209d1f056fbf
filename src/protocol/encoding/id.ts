import { createHash, hash } from 'node:crypto';
import { Malformed } from './malformed.ts';
import { visible } from './visible.ts';

/** Length of an info-hash, a peer id, or a DHT node id, in bytes. */
export const ID_LENGTH = 20;

/** Azureus-style prefix (BEP 20): client and version; random characters follow. */
export const PEER_ID_PREFIX = '-RX0100-';
/** Our name and version for the extension handshake. BEP 10. */
export const CLIENT = 'rxtorrent 0.1.0';

export const sha1 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha1').update(bytes).digest());

/** BEP 52. */
export const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(hash('sha256', bytes, 'buffer'));

/** A SHA-256 as 32 characters, each of which is a byte: of little data it takes a third of the time of `sha256`. */
export const sha256Text = (bytes: Uint8Array): string => hash('sha256', bytes, 'binary');

export const toHex = (id: Uint8Array): string => Buffer.from(id.buffer, id.byteOffset, id.length).toString('hex');

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export const toBase32 = (id: Uint8Array): string => {
  let text = '';
  let bits = 0;
  let count = 0;
  for (const byte of id) {
    bits = ((bits << 8) | byte) & 0xfff;
    for (count += 8; count >= 5; count -= 5) text += BASE32[(bits >> (count - 5)) & 31];
  }
  return count > 0 ? text + BASE32[(bits << (5 - count)) & 31] : text;
};

/** Parses 40 hexadecimal or 32 base32 digits, in upper or lower case. Throws `Malformed`. */
export const parseId = (text: string): Uint8Array => {
  if (/^[0-9a-f]{40}$/i.test(text)) return new Uint8Array(Buffer.from(text, 'hex'));
  if (!/^[a-z2-7]{32}$/i.test(text))
    throw new Malformed('id', '40 hexadecimal or 32 base32 digits', `"${visible(text.slice(0, 60))}"`);
  const id = new Uint8Array(ID_LENGTH);
  let bits = 0;
  let count = 0;
  let at = 0;
  for (const digit of text.toUpperCase()) {
    bits = ((bits << 5) | BASE32.indexOf(digit)) & 0xfff;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    id[at++] = bits >> count;
  }
  return id;
};

export const equalIds = (a: Uint8Array, b: Uint8Array): boolean => {
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return a.length === b.length;
};

/**
 * The 20 bytes by which version 2 knows a torrent in handshakes, at trackers and in the DHT, where `infoHash` is that
 * of version 1; undefined if there is but one. BEP 52.
 */
export const otherHash = ({
  infoHash,
  infoHashV2,
}: {
  readonly infoHash: Uint8Array;
  readonly infoHashV2?: Uint8Array | undefined;
}): Uint8Array | undefined =>
  infoHashV2 === undefined || isTruncated(infoHash, infoHashV2) ? undefined : infoHashV2.slice(0, ID_LENGTH);

/** Is `infoHash` nothing but the beginning of an info-hash of version 2? BEP 52. */
export const isTruncated = (infoHash: Uint8Array, infoHashV2: Uint8Array | undefined): boolean =>
  infoHashV2 !== undefined && equalIds(infoHash, infoHashV2.subarray(0, ID_LENGTH));

/**
 * Compares XOR distances: negative if `a` is nearer to `target` than `b`, positive if it is farther, 0 if both are the
 * same. BEP 5.
 */
export const compareDistance = (target: Uint8Array, a: Uint8Array, b: Uint8Array): number => {
  for (let i = 0; i < target.length; i++) {
    const byte = target[i] ?? 0;
    const difference = ((a[i] ?? 0) ^ byte) - ((b[i] ?? 0) ^ byte);
    if (difference !== 0) return difference;
  }
  return 0;
};

// 64 characters, so that each random byte picks one without bias. They are readable in the logs of other clients.
const PEER_ID_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-';

/**
 * Our peer id, for as long as the caller keeps it: it names the client (BEP 20), or is nothing but random where nobody
 * is to be told.
 */
export const ourPeerId = ({
  anonymous = false,
  randomBytes,
}: {
  readonly anonymous?: boolean | undefined;
  readonly randomBytes: (length: number) => Uint8Array;
}): Uint8Array => (anonymous ? randomBytes(ID_LENGTH) : createPeerId(randomBytes(ID_LENGTH - PEER_ID_PREFIX.length)));

/** Makes our peer id of at least 12 random bytes. BEP 20. */
export const createPeerId = (random: Uint8Array): Uint8Array => {
  const needed = ID_LENGTH - PEER_ID_PREFIX.length;
  if (random.length < needed)
    throw new RangeError(`createPeerId: expected at least ${needed} random bytes, got ${random.length}`);
  let text = PEER_ID_PREFIX;
  for (const byte of random.subarray(0, needed)) text += PEER_ID_ALPHABET[byte & 63];
  return new Uint8Array(Buffer.from(text, 'latin1'));
};
