import { createHash } from 'node:crypto';
import { parseIp } from '../encoding/ip.ts';

/** Bytes of a filter. BEP 33. */
export const BLOOM_LENGTH = 256;
const BITS = BLOOM_LENGTH * 8;

/** A filter that holds the addresses of `hosts`; those that are no literals are left out. BEP 33. */
export const bloomOf = (hosts: Iterable<string>): Uint8Array => {
  const bloom = new Uint8Array(BLOOM_LENGTH);
  for (const host of hosts) {
    const ip = parseIp(host);
    if (!ip) continue;
    const hash = createHash('sha1').update(ip).digest();
    for (const bit of [hash.readUInt16LE(0) % BITS, hash.readUInt16LE(2) % BITS])
      bloom[bit >> 3] = (bloom[bit >> 3] ?? 0) | (1 << (bit & 7));
  }
  return bloom;
};

/**
 * How many addresses are likely to be in the filters together: those of one address are the same everywhere. BEP 33.
 */
export const bloomCount = (blooms: readonly Uint8Array[]): number => {
  let zeros = 0;
  for (let at = 0; at < BLOOM_LENGTH; at++) {
    let byte = 0;
    for (const bloom of blooms) byte |= bloom[at] ?? 0;
    for (let bit = 0; bit < 8; bit++) zeros += ((byte >> bit) & 1) ^ 1;
  }
  // A full filter says no more than "many".
  const clear = zeros === 0 ? 1 : zeros;
  return zeros === BITS ? 0 : Math.log(clear / BITS) / (2 * Math.log(1 - 1 / BITS));
};
