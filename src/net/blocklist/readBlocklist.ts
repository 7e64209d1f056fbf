import { gunzipSync } from 'node:zlib';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { type ParsedRanges, parseRanges } from '../../protocol/blocklist/parseRanges.ts';

/** Bytes of a list, packed or not. */
export const MAX_LIST_BYTES = 64 * 2 ** 20;

const isPacked = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Reads a blocklist: P2P text, eMule `.dat`, networks or addresses, one a line, compressed with gzip or not. Lines that
 * are none of these are counted and left out.
 *
 * @throws Malformed for what is no list at all, is too long or can't be decompressed
 *
 * @example
 * const { ranges, malformed } = readBlocklist(readFileSync('blocklist.gz'));
 * const env = nodeEnv({ blocklist: new Blocklist([ranges]) });
 */
export const readBlocklist = (bytes: Uint8Array): ParsedRanges => {
  if (bytes.length > MAX_LIST_BYTES) throw new Malformed('blocklist', '64 MiB at the most', `${bytes.length} bytes`);
  const read = parseRanges(isPacked(bytes) ? unpacked(bytes) : bytes);
  if (read.ranges.size === 0 && read.malformed > 0)
    throw new Malformed('blocklist', 'P2P text, eMule .dat or networks such as 192.0.2.0/24', 'something else');
  return read;
};

const unpacked = (bytes: Uint8Array): Uint8Array => {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_LIST_BYTES });
  } catch {
    throw new Malformed('blocklist', 'gzip of 64 MiB at the most', 'something else');
  }
};
