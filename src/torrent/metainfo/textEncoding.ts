import { bytesOf, type Dict, intOf, latin1 } from '../../protocol/encoding/bencode.ts';

/** Maximum length of the name of an encoding, in bytes. */
export const MAX_LABEL = 40;

/** Decodes bytes to text; undefined if they are invalid in this encoding. */
export type Decode = (bytes: Uint8Array) => string | undefined;

type Decoder = InstanceType<typeof TextDecoder>;

/**
 * Encodings that are a superset of ASCII, by their Windows code page numbers. In others, such as UTF-16, any bytes
 * could become a `/`.
 */
const PAGES: ReadonlyMap<number, string> = new Map([
  [866, 'ibm866'],
  [874, 'windows-874'],
  [932, 'shift_jis'],
  [936, 'gbk'],
  [949, 'euc-kr'],
  [950, 'big5'],
  ...Array.from({ length: 9 }, (_, n): [number, string] => [1250 + n, `windows-${1250 + n}`]),
  [10_000, 'macintosh'],
  [10_007, 'x-mac-cyrillic'],
  [20_866, 'koi8-r'],
  [20_932, 'euc-jp'],
  [21_866, 'koi8-u'],
  ...Array.from({ length: 16 }, (_, n): [number, string] => [28_591 + n, `iso-8859-${n + 1}`]),
  [51_932, 'euc-jp'],
  [51_936, 'gbk'],
  [51_949, 'euc-kr'],
  [54_936, 'gb18030'],
]);

/** Code pages by names that do not contain their number. Names are compared by their letters and digits alone. */
const SPELLINGS: ReadonlyMap<string, number> = new Map([
  ...['gbk', 'gb2312', 'gb231280', 'euccn', 'chinese'].map((name): [string, number] => [name, 936]),
  ['gb18030', 54_936],
  ...['big5', 'big5hkscs', 'big5eten'].map((name): [string, number] => [name, 950]),
  ...['shiftjis', 'sjis', 'mskanji', 'windows31j'].map((name): [string, number] => [name, 932]),
  ...['eucjp', 'ujis'].map((name): [string, number] => [name, 20_932]),
  ...['euckr', 'uhc', 'korean', 'ksc5601', 'ksc56011987', 'ksc56011989'].map((name): [string, number] => [name, 949]),
  ...['koi8', 'koi8r'].map((name): [string, number] => [name, 20_866]),
  ['koi8u', 21_866],
  ['tis620', 874],
  ...['macintosh', 'macroman', 'mac'].map((name): [string, number] => [name, 10_000]),
  ['maccyrillic', 10_007],
  // The numbers of the Latin alphabets differ from those of their parts of ISO 8859.
  ...[1, 2, 3, 4, 9, 10, 13, 14, 15, 16].map((part, n): [string, number] => [`latin${n + 1}`, 28_590 + part]),
]);

/** The decoders for the `encoding` and `codepage` of a dictionary; none for names that are unknown or not allowed. */
export const givenEncodings = (dict: Dict): readonly Decode[] => {
  const label = bytesOf(dict.get('encoding'));
  const pages = [label && label.length <= MAX_LABEL ? pageOf(latin1(label)) : undefined, intOf(dict.get('codepage'))];
  return pages.map((page) => decoderOf(PAGES.get(page ?? -1))).filter((decode) => decode !== undefined);
};

const pageOf = (label: string): number | undefined => {
  const plain = label
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .replace(/^(?:x|cs)(?=[a-z])/, '');
  const iso = /^iso8859(\d\d?)i?$/.exec(plain)?.[1];
  if (iso !== undefined) return 28_590 + Number(iso);
  const page = /^(?:cp|ms|win|windows|ibm|codepage)?(\d{3,5})$/.exec(plain)?.[1];
  return page === undefined ? SPELLINGS.get(plain) : Number(page);
};

const decoderOf = (name: string | undefined): Decode | undefined => {
  const decoder = name === undefined ? undefined : textDecoder(name);
  if (!decoder) return undefined;
  const western = decoder.encoding === 'windows-1252';
  return (bytes) => {
    // Some decoders change ASCII control characters.
    if (bytes.every((byte) => byte < 0x80)) return latin1(bytes);
    const text = attempt(decoder, bytes);
    const whole = western
      ? text?.replaceAll(/[\x80-\x9f]/g, (control) => WESTERN[control.charCodeAt(0) - 0x80] as string)
      : text;
    // A decoder with an incomplete table returns control characters or these private-use characters for the rest.
    return whole === undefined || /[\x80-\x9f\uf8f0-\uf8f7\ufffd]/.test(whole) ? undefined : whole;
  };
};

/**
 * The Windows-1252 characters for 0x80–0x9f, for which Latin-1, and Node's decoder for both, have control characters.
 */
const WESTERN = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** Undefined if this Node was built without that encoding. */
const textDecoder = (name: string): Decoder | undefined => {
  try {
    return new TextDecoder(name, { fatal: true, ignoreBOM: true });
  } catch {
    return undefined;
  }
};

const attempt = (decoder: Decoder, bytes: Uint8Array): string | undefined => {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
};

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

// A decoder that throws would be too slow: a torrent may have a million names.
export const decodeUtf8: Decode = (bytes) => {
  const text = utf8.decode(bytes);
  return !text.includes('\ufffd') || Buffer.compare(encoder.encode(text), bytes) === 0 ? text : undefined;
};
