import { Malformed } from './malformed.ts';
import { visible } from './visible.ts';

/**
 * Maximum nesting of lists and dictionaries: a kilobyte of `l` from a peer or a tracker must not overflow our stack.
 */
export const MAX_DEPTH = 100;
/** Maximum number of values and keys in one input, unless the caller allows fewer. */
export const MAX_TOKENS = 3_000_000;
/**
 * Maximum length of one input in bytes, unless the caller says otherwise: that of the largest metadata that we accept
 * from peers.
 */
export const MAX_BYTES = 16 * 1024 * 1024;
/** Maximum number of digits of an integer: 2⁶⁴ has 20. */
export const MAX_DIGITS = 20;

/** Bytes `start` to `end` (not included) of what was scanned. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface ScanOptions {
  /**
   * `strict` takes canonical bencode only. `lenient` also takes what real .torrent files and trackers have: keys out of
   * order, and anything after the value (often a newline). Nothing else: duplicate keys, leading zeros, `-0`, negative
   * or over-long lengths, truncation and depth are refused in both.
   */
  readonly mode?: 'strict' | 'lenient';
  /** Stop after the first value in strict mode too: a ut_metadata message goes on with raw bytes (BEP 9). */
  readonly tail?: boolean;
  readonly maxBytes?: number;
  /**
   * Maximum number of values and keys: decoded, an input that consists of the smallest ones takes a hundred times its
   * size in memory.
   */
  readonly maxTokens?: number;
}

export interface Scan {
  /** Where the first value ends and what follows it begins. */
  readonly end: number;
  /**
   * True if the keys of every dictionary are in byte order. Otherwise inner dictionaries may hold duplicate keys, which
   * decoding finds.
   */
  readonly sorted: boolean;
  /**
   * True if all keys are sorted, printable ASCII, not a number and not `__proto__`, and all integers have at most 15
   * digits.
   */
  readonly plain: boolean;
  /**
   * The original bytes of each value of the outermost dictionary, by key (one character for each byte). Empty for
   * anything else.
   */
  readonly spans: ReadonlyMap<string, Span>;
}

/** Decodes bytes as Latin-1, one character for each byte, so that keys stay distinct whatever bytes they have. */
export const latin1 = (bytes: Uint8Array): string => latin1Between(bytes, 0, bytes.length);

// Keys are short: a call into native code costs more than all their characters.
const SHORT = 24;

const latin1Between = (bytes: Uint8Array, start: number, end: number): string => {
  if (end - start > SHORT) return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i] ?? 0);
  return text;
};

/**
 * Checks the grammar and every limit without recursion and without copying. Throws `Malformed` with the offset. BEP 3.
 */
export const scan = (bytes: Uint8Array, options: ScanOptions = {}): Scan => {
  const { mode = 'strict', tail = mode === 'lenient', maxBytes = MAX_BYTES, maxTokens = MAX_TOKENS } = options;
  if (bytes.length > maxBytes) throw new Malformed('bencode', `at most ${maxBytes} bytes`, bytes.length);
  const scanner = new Scanner(bytes, mode === 'strict', maxTokens);
  do scanner.step();
  while (scanner.depth > 0);
  if (!tail && scanner.at < bytes.length) scanner.fail('the end of the data');
  return { end: scanner.at, sorted: scanner.sorted, plain: scanner.plain && scanner.sorted, spans: scanner.spans };
};

// What is open at a depth, and what it expects next.
const LIST = 0;
const KEY = 1;
const VALUE = 2;

const COLON = 0x3a;
const D = 0x64;
const E = 0x65;
const I = 0x69;
const L = 0x6c;
const MINUS = 0x2d;
const ZERO = 0x30;

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte < COLON;

class Scanner {
  at = 0;
  depth = 0;
  sorted = true;
  plain = true;
  readonly spans = new Map<string, Span>();
  #tokens = 0;
  readonly #bytes: Uint8Array;
  readonly #strict: boolean;
  readonly #maxTokens: number;
  readonly #open = [LIST];
  // The last key of each open dictionary, with which the next one is compared. A value begins where its key ends.
  readonly #keyStart = [0];
  readonly #keyEnd = [0];

  constructor(bytes: Uint8Array, strict: boolean, maxTokens: number) {
    this.#bytes = bytes;
    this.#strict = strict;
    this.#maxTokens = maxTokens;
  }

  /** Scans one step: a value that holds no others, a key, or the beginning or end of a list or dictionary. */
  step(): void {
    const byte = this.#bytes[this.at];
    const open = this.#open[this.depth];
    if (byte === E && this.depth > 0 && open !== VALUE) {
      this.at++;
      this.depth--;
      this.#valueEnded();
      return;
    }
    if (++this.#tokens > this.#maxTokens) this.fail(`at most ${this.#maxTokens} values and keys`, 'more');
    if (open === KEY) this.#key();
    else if (byte === L || byte === D) this.#begin(byte === L ? LIST : KEY);
    else {
      if (byte === I) this.#integer();
      else if (isDigit(byte)) this.#string();
      else this.fail('a value');
      this.#valueEnded();
    }
  }

  fail(expected: string, got = this.#seen()): never {
    throw new Malformed(`bencode at byte ${this.at}`, expected, got);
  }

  #seen(): string {
    const byte = this.#bytes[this.at];
    if (byte === undefined) return 'the end of the data';
    return byte > 0x20 && byte < 0x7f
      ? `'${String.fromCharCode(byte)}'`
      : `byte 0x${byte.toString(16).padStart(2, '0')}`;
  }

  #begin(kind: number): void {
    if (this.depth === MAX_DEPTH) this.fail(`at most ${MAX_DEPTH} nested lists and dictionaries`, 'more');
    this.at++;
    this.depth++;
    this.#open[this.depth] = kind;
    this.#keyStart[this.depth] = 0;
    this.#keyEnd[this.depth] = 0;
  }

  #valueEnded(): void {
    if (this.#open[this.depth] !== VALUE) return;
    this.#open[this.depth] = KEY;
    if (this.depth > 1) return;
    const keyStart = this.#keyStart[1] ?? 0;
    const start = this.#keyEnd[1] ?? 0;
    const key = latin1Between(this.#bytes, keyStart, start);
    if (this.spans.has(key)) throw duplicate(keyStart, key);
    this.spans.set(key, { start, end: this.at });
  }

  #key(): void {
    const { depth } = this;
    if (!isDigit(this.#bytes[this.at])) this.fail('a key or the end of the dictionary');
    const start = this.#string();
    const first = this.#keyEnd[depth] === 0;
    const order = first ? 1 : this.#compare(start, this.at, this.#keyStart[depth] ?? 0, this.#keyEnd[depth] ?? 0);
    if (order === 0) throw duplicate(start, latin1Between(this.#bytes, start, this.at));
    if (order < 0) {
      this.sorted = false;
      if (this.#strict) throw new Malformed(`bencode at byte ${start}`, 'keys in byte order', this.#name(start));
    }
    this.plain &&= this.#isPlain(start, this.at);
    this.#keyStart[depth] = start;
    this.#keyEnd[depth] = this.at;
    this.#open[depth] = VALUE;
  }

  #name(start: number): string {
    return quoted(latin1Between(this.#bytes, start, this.at));
  }

  #compare(start: number, end: number, lastStart: number, lastEnd: number): number {
    const length = Math.min(end - start, lastEnd - lastStart);
    for (let i = 0; i < length; i++) {
      const difference = (this.#bytes[start + i] ?? 0) - (this.#bytes[lastStart + i] ?? 0);
      if (difference !== 0) return difference;
    }
    return end - start - (lastEnd - lastStart);
  }

  #isPlain(start: number, end: number): boolean {
    if (isDigit(this.#bytes[start])) return false;
    for (let i = start; i < end; i++) {
      const byte = this.#bytes[i] ?? 0;
      if (byte < 0x20 || byte > 0x7e) return false;
    }
    return end - start !== 9 || latin1Between(this.#bytes, start, end) !== '__proto__';
  }

  /** Skips a string; returns where its content starts. */
  #string(): number {
    const lengthAt = this.at;
    if (this.#bytes[this.at] === ZERO && isDigit(this.#bytes[this.at + 1])) this.fail('a length without leading zero');
    let length = 0;
    for (let byte = this.#bytes[this.at]; byte !== COLON; byte = this.#bytes[++this.at]) {
      if (!isDigit(byte)) this.fail("a digit or ':'");
      length = length * 10 + (byte ?? 0) - ZERO;
    }
    const left = this.#bytes.length - this.at - 1;
    if (length > left) {
      this.at = lengthAt;
      this.fail(`a string within the ${left} bytes left`, `a length of ${length}`);
    }
    const start = this.at + 1;
    this.at = start + length;
    return start;
  }

  #integer(): void {
    this.at++;
    const negative = this.#bytes[this.at] === MINUS;
    if (negative) this.at++;
    const first = this.at;
    if (this.#bytes[first] === ZERO && (negative || isDigit(this.#bytes[first + 1])))
      this.fail('an integer without leading zero or -0');
    while (isDigit(this.#bytes[this.at])) {
      if (++this.at - first > MAX_DIGITS) this.fail(`an integer of at most ${MAX_DIGITS} digits`, 'more');
    }
    if (this.at === first) this.fail('a digit');
    if (this.#bytes[this.at] !== E) this.fail("a digit or 'e'");
    if (this.at - first > 15) this.plain = false;
    this.at++;
  }
}

export const duplicate = (at: number, key: string): Malformed =>
  new Malformed(`bencode at byte ${at}`, 'every key once', `${quoted(key)} again`);

/** Quotes a key for an error message: short, on one line, and harmless to a terminal. */
const quoted = (key: string): string => `"${visible(key.slice(0, 40))}"`;
