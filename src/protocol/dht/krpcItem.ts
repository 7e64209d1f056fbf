import { bytesOf, decode, type Dict, type Encodable, encode, intOf, type Value } from '../encoding/bencode.ts';
import { Malformed } from '../encoding/malformed.ts';
import { type DhtItem, KEY_LENGTH, MAX_SALT, MAX_VALUE, SIGNATURE_LENGTH } from './item.ts';

/** Errors of BEP 44. */
export const ITEM_ERROR = { tooLarge: 205, signature: 206, salt: 207, swapped: 301, old: 302 } as const;

/** A `put` that is refused before it is looked at any closer. */
export class RefusedItem extends Malformed {
  readonly krpcCode: number;

  constructor(code: number, what: string, expected: string) {
    super(what, expected, 'more');
    this.krpcCode = code;
  }
}

const valueOf = (value: Value): Uint8Array => {
  const encoded = encode(value);
  if (encoded.length > MAX_VALUE) throw new RefusedItem(ITEM_ERROR.tooLarge, 'v', `at most ${MAX_VALUE} bytes`);
  return encoded;
};

/**
 * The item in the arguments of a `put`, or in a reply to a `get`, which does not tell its salt; undefined if there is
 * none. Its signature has not been looked at. BEP 44.
 *
 * @throws Malformed
 */
export const itemIn = (given: Dict): DhtItem | undefined => {
  const v = given.get('v');
  if (v === undefined) return undefined;
  const value = valueOf(v);
  const [key, signature, seq] = [bytesOf(given.get('k')), bytesOf(given.get('sig')), intOf(given.get('seq'))];
  if (key === undefined && signature === undefined) return { value };
  const salt = bytesOf(given.get('salt'));
  if (salt !== undefined && salt.length > MAX_SALT)
    throw new RefusedItem(ITEM_ERROR.salt, 'salt', `at most ${MAX_SALT} bytes`);
  if (key?.length !== KEY_LENGTH || signature?.length !== SIGNATURE_LENGTH || seq === undefined || seq < 0)
    throw new Malformed('item', 'k of 32 bytes, sig of 64 and seq', 'something else');
  return { value, signed: { key, seq, signature, ...(salt && salt.length > 0 && { salt }) } };
};

/** The same as keys of a packet. */
export const itemGiven = (
  { value, signed }: DhtItem,
  salted: boolean,
): Readonly<Record<string, Encodable | undefined>> => ({
  v: decode(value),
  k: signed?.key,
  sig: signed?.signature,
  seq: signed?.seq,
  salt: salted ? signed?.salt : undefined,
});
