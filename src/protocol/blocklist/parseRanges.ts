import { parseIp } from '../encoding/ip.ts';
import { IpRanges } from './ipRanges.ts';

/** Ranges in one list, and characters of one line: a longer line is malformed. */
export const MAX_RANGES = 2_000_000;
export const MAX_LINE = 1_000;
/** Entries of an eMule list with this level, or above, are allowed. */
const ALLOWED_FROM = 128;
/** Dashes of one line that may be the one between two IPv6 addresses: names have dashes, too. */
const MAX_DASHES = 8;

/** What a list says. */
export interface ParsedRanges {
  readonly ranges: IpRanges;
  /** How many lines are none of the known forms, and were left out. */
  readonly malformed: number;
  /** The number of the first of them, from 1. */
  readonly firstMalformed?: number;
}

type Range = readonly [start: Uint8Array, end: Uint8Array, level?: number | undefined];

/** `1.2.3.4 - 5.6.7.8`, after anything that ends in a colon, and before `, 100 , anything`. */
const ADDRESS = '(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})';
const FOUR = new RegExp(`(?:^|[:\\s])${ADDRESS}\\s*-\\s*${ADDRESS}\\s*(?:,\\s*(\\d{1,3})\\s*(?:,.*)?)?$`);
const NETWORK = /^([0-9a-f:.]{2,45})(?:\/(\d{1,3}))?\s*(?:[#;,].*)?$/i;
const IGNORED = /^(?:$|#|;|\/\/)/;

/** Lists write `001.002.003.004`, too. */
const four = (parts: readonly (string | undefined)[], at: number): Uint8Array | undefined => {
  const ip = new Uint8Array(4);
  for (let part = 0; part < 4; part++) {
    const value = Number(parts[at + part]);
    if (value > 255) return undefined;
    ip[part] = value;
  }
  return ip;
};

const fourRange = (line: string): Range | undefined => {
  const parts = FOUR.exec(line);
  if (parts === null) return undefined;
  const [start, end] = [four(parts, 1), four(parts, 5)];
  return start && end && [start, end, parts[9] === undefined ? undefined : Number(parts[9])];
};

const network = (line: string): Range | undefined => {
  const [, host = '', length] = NETWORK.exec(line) ?? [];
  const start = host === '' ? undefined : parseIp(host);
  if (start === undefined) return undefined;
  const bits = length === undefined ? start.length * 8 : Number(length);
  if (bits > start.length * 8) return undefined;
  const end = new Uint8Array(start);
  for (let at = 0; at < start.length; at++) {
    const mask = 0xff >> Math.max(0, Math.min(8, bits - at * 8));
    start[at] = (start[at] ?? 0) & ~mask;
    end[at] = (end[at] ?? 0) | mask;
  }
  return [start, end];
};

/** The IPv6 address at the end of a text, after whatever name. */
const sixAtEnd = (text: string): Uint8Array | undefined => {
  const [found = ''] = /[0-9a-f:.]{2,60}$/i.exec(text) ?? [];
  for (let at = 0; at >= 0 && at < found.length; at = next(found, at)) {
    const ip = parseIp(found.slice(at));
    if (ip?.length === 16) return ip;
  }
  return undefined;
};

const next = (text: string, at: number): number => {
  const colon = text.indexOf(':', at);
  return colon < 0 ? -1 : colon + 1;
};

const sixRange = (line: string): Range | undefined => {
  let dash = line.indexOf('-');
  for (let tries = 0; dash >= 0 && tries < MAX_DASHES; tries++, dash = line.indexOf('-', dash + 1)) {
    const [last = '', level] = line.slice(dash + 1).split(',', 2);
    const end = last.length > 100 ? undefined : parseIp(last.trim());
    const start = end?.length === 16 ? sixAtEnd(line.slice(0, dash).trimEnd()) : undefined;
    if (end && start)
      return [start, end, level !== undefined && /^\s*\d{1,3}\s*$/.test(level) ? Number(level) : undefined];
  }
  return undefined;
};

const isOrdered = ([start, end]: Range): boolean => {
  const at = start.findIndex((byte, each) => byte !== end[each]);
  return at < 0 || (start[at] ?? 0) < (end[at] ?? 0);
};

const rangeIn = (line: string): Range | undefined => {
  if (line.length > MAX_LINE) return undefined;
  const range = fourRange(line) ?? network(line) ?? sixRange(line);
  return range !== undefined && isOrdered(range) ? range : undefined;
};

/**
 * The ranges of addresses in a list, one a line:
 *
 * | form | example |
 * | --- | --- |
 * | P2P text | `Some name:192.0.2.0-192.0.2.255` |
 * | eMule `.dat` | `192.000.002.000 - 192.000.002.255 , 100 , Some name`; a level of 128 or more is left out |
 * | network | `192.0.2.0/24`, `2001:db8::/32` |
 * | address | `192.0.2.7`, `2001:db8::7` |
 *
 * Lines that begin with `#`, `;` or `//` are comments. A line that is none of these is counted and left out, as lists
 * are written by many hands; so is one after the first two million ranges.
 */
export const parseRanges = (bytes: Uint8Array): ParsedRanges => {
  // Every byte is a character, so that no list is refused for the encoding of its names.
  const text = new TextDecoder('latin1').decode(bytes);
  const { add, done } = IpRanges.begin();
  let [malformed, firstMalformed, number, taken] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; number++) {
    const feed = text.indexOf('\n', at);
    const end = feed < 0 ? text.length : feed;
    const line = text.slice(at, end).trim();
    at = end + 1;
    if (IGNORED.test(line)) continue;
    const range = taken < MAX_RANGES ? rangeIn(line) : undefined;
    if (range === undefined) {
      if (malformed++ === 0) firstMalformed = number + 1;
    } else if ((range[2] ?? 0) < ALLOWED_FROM) {
      add(range[0], range[1]);
      taken++;
    }
  }
  return { ranges: done(), malformed, ...(malformed > 0 && { firstMalformed }) };
};
