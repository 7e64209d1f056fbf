import { bytesOf, type Dict, intOf, latin1 } from '../../protocol/encoding/bencode.ts';

/** Bytes of the name of an encoding that are looked at. */
export const MAX_LABEL = 40;

/** The text that bytes stand for; undefined where they stand for none. */
export type Decode = (bytes: Uint8Array) => string | undefined;

type Decoder = InstanceType<typeof TextDecoder>;

/**
 * Encodings in which ASCII is ASCII, by the numbers that Windows has for them. In others, such as UTF-16, `/` would be
 * made of anything.
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

/** Pages by the names that have no such number in them, as letters and digits alone. */
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
  // The numbers of the alphabets called Latin are not those of their parts of ISO 8859.
  ...[1, 2, 3, 4, 9, 10, 13, 14, 15, 16].map((part, n): [string, number] => [`latin${n + 1}`, 28_590 + part]),
]);

/**
 * The decoders for what a dictionary says of its texts in `encoding` and `codepage`; none for names unknown or not
 * allowed.
 */
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
    // Not every decoder leaves the controls of ASCII alone.
    if (bytes.every((byte) => byte < 0x80)) return latin1(bytes);
    const text = attempt(decoder, bytes);
    const whole = western
      ? text?.replaceAll(/[\x80-\x9f]/g, (control) => WESTERN[control.charCodeAt(0) - 0x80] as string)
      : text;
    // A decoder that knows less of an encoding than there is makes controls of the rest, or these letters of nobody.
    return whole === undefined || /[\x80-\x9f\uf8f0-\uf8f7\ufffd]/.test(whole) ? undefined : whole;
  };
};

/** What Windows has where Latin-1, and the decoder of Node for both, has controls. */
const WESTERN = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** Undefined where the runtime was built without it. */
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

// Not by a decoder that throws: a torrent has up to a million names, and an exception takes its time.
export const decodeUtf8: Decode = (bytes) => {
  const text = utf8.decode(bytes);
  return !text.includes('\ufffd') || Buffer.compare(encoder.encode(text), bytes) === 0 ? text : undefined;
};
