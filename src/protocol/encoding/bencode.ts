import bencode from 'bencode';
import { duplicate, latin1, scan, type ScanOptions, type Span } from './bencodeScan.ts';

export {
  latin1,
  MAX_BYTES,
  MAX_DEPTH,
  MAX_TOKENS,
  scan,
  type Scan,
  type ScanOptions,
  type Span,
} from './bencodeScan.ts';

/** Any bencoded value. An integer is a number while that is exact, otherwise a bigint; strings are bytes. */
export type Value = number | bigint | Uint8Array | readonly Value[] | Dict;
/** Each character of a key stands for one byte, so binary keys survive, and `__proto__` is a key like any other. */
export type Dict = ReadonlyMap<string, Value>;

export interface Decoded {
  readonly value: Value;
  /** Where the value ends and what follows it begins. */
  readonly end: number;
  /** The original bytes of each value of the outermost dictionary. */
  readonly spans: ReadonlyMap<string, Span>;
}

/**
 * Decodes the first value with the spans of what is in it. Throws `Malformed`. BEP 3.
 *
 * Input is scanned before the `bencode` package sees it, since the package hangs on `d-3:e`. Input that the package
 * would change (keys that are not text, `__proto__`, long integers) is decoded by our own `Reader` instead.
 */
export const decodeWithSpans = (bytes: Uint8Array, options?: ScanOptions): Decoded => {
  const { end, plain, spans } = scan(bytes, options);
  const value = plain ? adopt(bencode.decode(bytes.subarray(0, end)) as Foreign) : new Reader(bytes).read();
  return { value, end, spans };
};

/** Decodes one value; `strict` unless the options say otherwise. Throws `Malformed`. BEP 3. */
export const decode = (bytes: Uint8Array, options?: ScanOptions): Value => decodeWithSpans(bytes, options).value;

/** The value if it is a safe integer. */
export const intOf = (value: Value | undefined): number | undefined => (typeof value === 'number' ? value : undefined);

export const bytesOf = (value: Value | undefined): Uint8Array | undefined =>
  value instanceof Uint8Array ? value : undefined;

export const listOf = (value: Value | undefined): readonly Value[] | undefined => (isList(value) ? value : undefined);

export const dictOf = (value: Value | undefined): Dict | undefined => (value instanceof Map ? value : undefined);

/**
 * Decodes a string as UTF-8. Bytes that are not UTF-8 are decoded as Latin-1, so that different bytes stay different
 * text.
 */
export const textOf = (value: Value | undefined): string | undefined =>
  value instanceof Uint8Array ? toText(value) : undefined;

/** Names the kind of a value that is not what was expected, for error messages. */
export const described = (value: Value | undefined): string => {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return `a string of ${value.length} bytes`;
  return listOf(value) ? 'a list' : 'a dictionary';
};

const isList = <T>(value: T): value is Extract<T, readonly unknown[]> => Array.isArray(value);

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const toText = (bytes: Uint8Array): string => {
  try {
    return utf8.decode(bytes);
  } catch {
    return latin1(bytes);
  }
};

/** What the `bencode` package makes of input that the scan found plain. */
type Foreign = number | Uint8Array | Foreign[] | { [key: string]: Foreign };

// Recursive, as `Reader` and the package are: the scan has limited the depth.
const adopt = (value: Foreign): Value => {
  if (typeof value === 'number' || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(adopt);
  const dict = new Map<string, Value>();
  for (const key of Object.keys(value)) dict.set(key, adopt(value[key] as Foreign));
  return dict;
};

/** Decodes input that has been scanned. It checks only what a scan of unsorted keys leaves open: duplicate keys. */
class Reader {
  #at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    // A Buffer's own `slice` would not copy.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  read(): Value {
    switch (this.#bytes[this.#at]) {
      case 0x69:
        return this.#integer();
      case 0x6c:
        return this.#list();
      case 0x64:
        return this.#dict();
      default:
        return this.#string();
    }
  }

  #integer(): number | bigint {
    const digits = this.#until(0x65, this.#at + 1);
    const number = Number(digits);
    return Number.isSafeInteger(number) ? number : BigInt(digits);
  }

  #string(): Uint8Array {
    const length = Number(this.#until(0x3a, this.#at));
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  #list(): Value[] {
    const list: Value[] = [];
    this.#at++;
    while (this.#bytes[this.#at] !== 0x65) list.push(this.read());
    this.#at++;
    return list;
  }

  #dict(): Dict {
    const dict = new Map<string, Value>();
    this.#at++;
    while (this.#bytes[this.#at] !== 0x65) {
      const at = this.#at;
      const key = latin1(this.#string());
      if (dict.has(key)) throw duplicate(at, key);
      dict.set(key, this.read());
    }
    this.#at++;
    return dict;
  }

  #until(delimiter: number, start: number): string {
    const end = this.#bytes.indexOf(delimiter, start);
    this.#at = end + 1;
    return latin1(this.#bytes.subarray(start, end));
  }
}

/**
 * What can be encoded. Strings become UTF-8; each character of a key stands for one byte; members that are undefined
 * are left out.
 */
export type Encodable =
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Encodable[]
  | ReadonlyMap<string, Encodable>
  | { readonly [key: string]: Encodable | undefined };

/**
 * Encodes canonical bencode. Throws a TypeError for values that bencode cannot represent exactly: fractions, numbers
 * beyond 2⁵³ (use a bigint), null, and keys with characters beyond U+00FF. The package would write 1 for 1.5 and
 * nothing at all for a bigint. BEP 3.
 */
export const encode = (value: Encodable): Uint8Array =>
  hasWide(value) ? new Uint8Array(Buffer.concat(parts(value))) : bencode.encode(foreign(value));

const isDict = (value: Encodable): value is ReadonlyMap<string, Encodable> => value instanceof Map;

const entriesOf = (
  dict: Exclude<Encodable, number | bigint | string | Uint8Array | readonly Encodable[]>,
): (readonly [string, Encodable])[] =>
  [...(isDict(dict) ? dict : Object.entries(dict))].filter(
    (entry): entry is [string, Encodable] => entry[1] !== undefined,
  );

/** A key whose text is its bytes: the package sorts keys as text, and so sorts these as bytes. */
class Key extends Uint8Array {
  override toString(): string {
    return latin1(this);
  }
}

const keyOf = (key: string): Key => {
  for (let i = 0; i < key.length; i++)
    if (key.charCodeAt(i) > 0xff) throw new TypeError(`bencode: a key of one char a byte, not ${JSON.stringify(key)}`);
  const bytes = new Key(key.length);
  for (let i = 0; i < key.length; i++) bytes[i] = key.charCodeAt(i);
  return bytes;
};

const isAscii = (key: string): boolean => {
  for (let i = 0; i < key.length; i++) if (key.charCodeAt(i) > 0x7f) return false;
  return true;
};

/** Converts a value to the form of which the package writes exactly what was meant. */
const foreign = (value: Encodable): unknown => {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (isList(value)) return value.map(foreign);
  if (typeof value !== 'object' || value === null) throw new TypeError(`bencode: can't write ${String(value)}`);
  const entries = entriesOf(value);
  if (!entries.every(([key]) => isAscii(key)))
    return new Map(entries.map(([key, member]) => [keyOf(key), foreign(member)]));
  // ASCII keys sort the same as text and as bytes, and strings are written faster than `Key`s.
  const members = Object.create(null) as Record<string, unknown>;
  for (const [key, member] of entries) members[key] = foreign(member);
  return members;
};

/** An integer that the package cannot write: it knows no bigint, and a number would be rounded. */
const isWide = (value: Encodable): value is bigint => typeof value === 'bigint' && BigInt(Number(value)) !== value;

const hasWide = (value: Encodable): boolean => {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return isWide(value);
  return isList(value) ? value.some(hasWide) : entriesOf(value).some(([, member]) => hasWide(member));
};

/** Encodes without the package, for the rare value that contains a wide integer. */
const parts = (value: Encodable): Uint8Array[] => {
  if (isWide(value)) return [Buffer.from(`i${value}e`)];
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array)
    return [bencode.encode(foreign(value))];
  if (isList(value)) return [Buffer.from('l'), ...value.flatMap(parts), Buffer.from('e')];
  const sorted = entriesOf(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    Buffer.from('d'),
    ...sorted.flatMap(([key, member]) => [bencode.encode(keyOf(key)), ...parts(member)]),
    Buffer.from('e'),
  ];
};
