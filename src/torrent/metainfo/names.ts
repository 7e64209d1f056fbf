import { bytesOf, type Dict, dictOf, latin1, listOf, type Value } from '../../protocol/encoding/bencode.ts';
import { decodeUtf8, type Decode, givenEncodings } from './textEncoding.ts';

/** Text, or bytes whose encoding is not yet known. */
export type Raw = string | Uint8Array;
/** Decodes a name. Never throws. */
export type ToText = (raw: Raw) => string;

/** The member `key`, or `key.utf-8` if that really is UTF-8. Undefined if neither is a string. */
export const rawText = (dict: Dict, key: string): Raw | undefined => {
  const better = bytesOf(dict.get(`${key}.utf-8`));
  return (better && decodeUtf8(better)) ?? bytesOf(dict.get(key)) ?? better;
};

/** The names in the member `key`, outermost folder first. Undefined unless they are a list of at least one string. */
export const rawPath = (entry: Dict, key: 'path' | 'symlink path'): readonly Raw[] | undefined => {
  const better = strings(entry.get(`${key}.utf-8`));
  const texts = better?.map(decodeUtf8);
  return texts?.every((text) => text !== undefined) ? texts : (strings(entry.get(key)) ?? better);
};

const strings = (value: Value | undefined): readonly Uint8Array[] | undefined => {
  const list = listOf(value);
  return list && list.length > 0 && list.every((each): each is Uint8Array => each instanceof Uint8Array)
    ? list
    : undefined;
};

/**
 * Chooses one encoding for all texts of a torrent, so that a folder has the same name in every path: UTF-8 if all texts
 * are UTF-8; otherwise the first encoding given in `dicts` that fits all of them; otherwise UTF-8 for the texts that
 * are UTF-8, and Latin-1 for the others. An encoding fits only if different bytes stay different text, as they always
 * do in Latin-1.
 */
export const toTextOf = (raws: readonly (Raw | undefined)[], ...dicts: readonly Dict[]): ToText => {
  const samples = raws.filter((raw): raw is Uint8Array => raw instanceof Uint8Array);
  const decode = decision(samples, dicts);
  return (raw) => (typeof raw === 'string' ? raw : (decode(raw) ?? latin1(raw)));
};

const decision = (samples: readonly Uint8Array[], dicts: readonly Dict[]): Decode => {
  if (samples.every((sample) => decodeUtf8(sample) !== undefined)) return decodeUtf8;
  return [...dicts.flatMap(givenEncodings), mixed].find((decode) => fits(decode, samples)) ?? latin1;
};

const mixed: Decode = (bytes) => decodeUtf8(bytes) ?? latin1(bytes);

const fits = (decode: Decode, samples: readonly Uint8Array[]): boolean => {
  const known = new Map<string, string>();
  return samples.every((sample) => {
    const text = decode(sample);
    if (text === undefined) return false;
    const bytes = latin1(sample);
    const before = known.get(text) ?? bytes;
    known.set(text, bytes);
    return before === bytes;
  });
};

/**
 * The decoder for the texts of an info dictionary. Its own `encoding` counts first, since a download that got it from
 * peers knows no other.
 */
export const namesOf = (info: Dict, around: Dict): ToText => {
  const files = [info, ...(listOf(info.get('files')) ?? []).map((item) => dictOf(item) ?? new Map<string, Value>())];
  const paths = files.flatMap((file) => [...(rawPath(file, 'path') ?? []), ...(rawPath(file, 'symlink path') ?? [])]);
  return toTextOf([rawText(info, 'name'), ...paths], info, around);
};
