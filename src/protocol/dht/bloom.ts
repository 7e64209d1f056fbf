import { createHash } from 'node:crypto';
import { parseIp } from '../encoding/ip.ts';

/** Bytes of a filter. BEP 33. */
export const BLOOM_LENGTH = 256;
const BITS = BLOOM_LENGTH * 8;

/** A filter that holds the IP addresses among `hosts`; names are left out. BEP 33. */
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
 * Estimates how many different addresses the filters hold together. An address sets the same bits in every filter, so
 * it is counted once. BEP 33.
 */
export const bloomCount = (blooms: readonly Uint8Array[]): number => {
  let zeros = 0;
  for (let at = 0; at < BLOOM_LENGTH; at++) {
    let byte = 0;
    for (const bloom of blooms) byte |= bloom[at] ?? 0;
    for (let bit = 0; bit < 8; bit++) zeros += ((byte >> bit) & 1) ^ 1;
  }
  // A full filter says no more than "many": the estimate must stay finite.
  const clear = zeros === 0 ? 1 : zeros;
  return zeros === BITS ? 0 : Math.log(clear / BITS) / (2 * Math.log(1 - 1 / BITS));
};
