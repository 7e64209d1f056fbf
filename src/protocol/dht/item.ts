import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { type Encodable, encode } from '../encoding/bencode.ts';
import { sha1 } from '../encoding/id.ts';

/** Most bytes of a value, bencoded, and of a salt. BEP 44. */
export const MAX_VALUE = 1000;
export const MAX_SALT = 64;
/** Bytes of a public key, of the seed of a private one, and of a signature (Ed25519). */
export const KEY_LENGTH = 32;
export const SIGNATURE_LENGTH = 64;

/** What makes an item its owner's: it may be replaced by one that has the same key and a higher `seq`. */
export interface Signed {
  /** The public key, 32 bytes. */
  readonly key: Uint8Array;
  /** Its version. */
  readonly seq: number;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  /** Tells items of one key apart; at most 64 bytes. */
  readonly salt?: Uint8Array;
}

/** Something small that nodes keep for others: found by its hash, or by the key of its owner. BEP 44. */
export interface DhtItem {
  /** Bencoded, at most 1000 bytes. */
  readonly value: Uint8Array;
  readonly signed?: Signed;
}

const bytes = (...parts: readonly (string | Uint8Array)[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))));

/** Where the items of a public key are, 20 bytes. */
export const keyTarget = (key: Uint8Array, salt?: Uint8Array): Uint8Array => sha1(bytes(key, salt ?? ''));

/** Where an item is, 20 bytes. */
export const itemTarget = ({ value, signed }: DhtItem): Uint8Array =>
  signed === undefined ? sha1(value) : keyTarget(signed.key, signed.salt);

/** What is signed. */
const toSign = (value: Uint8Array, seq: number, salt: Uint8Array | undefined): Uint8Array =>
  bytes(...(salt === undefined || salt.length === 0 ? [] : ['4:salt', encode(salt)]), `3:seqi${seq}e1:v`, value);

const base64 = (part: Uint8Array): string => Buffer.from(part).toString('base64url');

/** Before the seed of a private key in PKCS #8. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

const privateKeyOf = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });

/** The public key that belongs to the seed of a private one; both are 32 bytes. */
export const publicKeyOf = (seed: Uint8Array): Uint8Array =>
  new Uint8Array(Buffer.from(String(createPublicKey(privateKeyOf(seed)).export({ format: 'jwk' }).x), 'base64url'));

/** An item that is found by its hash, and is never another. */
export const immutableItem = (value: Encodable): DhtItem => ({ value: encode(value) });

/**
 * An item that is found by the key of its owner, whose `seed` is 32 random bytes, and may be replaced by one with a
 * higher `seq`.
 *
 * @example signedItem({ ih: infoHash }, { seed, seq: 1 })
 */
export const signedItem = (
  value: Encodable,
  { seed, seq, salt }: { readonly seed: Uint8Array; readonly seq: number; readonly salt?: Uint8Array },
): DhtItem => {
  const encoded = encode(value);
  const signature = new Uint8Array(sign(null, toSign(encoded, seq, salt), privateKeyOf(seed)));
  return { value: encoded, signed: { key: publicKeyOf(seed), seq, signature, ...(salt && { salt }) } };
};

/** Is its size allowed, and its signature right? Whether it is the item that was asked for, `itemTarget` tells. */
export const isSound = ({ value, signed }: DhtItem): boolean => {
  if (value.length === 0 || value.length > MAX_VALUE) return false;
  if (signed === undefined) return true;
  const { key, seq, signature, salt } = signed;
  if (key.length !== KEY_LENGTH || signature.length !== SIGNATURE_LENGTH || (salt?.length ?? 0) > MAX_SALT)
    return false;
  if (!Number.isSafeInteger(seq) || seq < 0) return false;
  try {
    const owner = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: base64(key) }, format: 'jwk' });
    return verify(null, toSign(value, seq, salt), owner, signature);
  } catch {
    // It is no point of the curve.
    return false;
  }
};
