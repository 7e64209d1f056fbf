import { dictOf, listOf, type Value } from '../../protocol/encoding/bencode.ts';
import { harmless } from '../io/text.ts';

/** Marks bytes that are no text. */
const HEX = '$hex';
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const string = (bytes: Uint8Array): string => {
  const text = textOf(bytes);
  return text === undefined ? `{"${HEX}":"${hex(bytes)}"}` : JSON.stringify(text);
};

/** A key that looks like one of our marks is shown in hex too, so that every text has one meaning. */
const key = (latin1: string): string => {
  const bytes = Buffer.from(latin1, 'latin1');
  const text = textOf(bytes);
  return JSON.stringify(text === undefined || text.startsWith(HEX) ? `${HEX}:${hex(bytes)}` : text);
};

// Recursive: the scan has limited the depth.
const write = (value: Value): string => {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return string(value);
  const dict = dictOf(value);
  if (dict) return `{${[...dict].map(([name, each]) => `${key(name)}:${write(each)}`).join(',')}}`;
  return `[${(listOf(value) ?? []).map(write).join(',')}]`;
};

/**
 * Bencode as JSON, nothing lost: strings that are UTF-8 are text, other bytes `{"$hex":"00ff"}`; keys that are no UTF-8
 * (or begin with `$hex`) are `"$hex:00ff"`; integers keep all their digits; keys keep their order.
 */
export const bencodedJson = (value: Value): string => harmless(write(value));
