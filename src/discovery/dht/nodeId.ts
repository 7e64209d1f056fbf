import { crc32c } from '../../protocol/dht/crc32c.ts';
import { ID_LENGTH } from '../../protocol/encoding/id.ts';
import { parseIp } from '../../protocol/encoding/ip.ts';
import { isNear } from '../../protocol/encoding/reach.ts';

const MASK_4 = Uint8Array.of(0x03, 0x0f, 0x3f, 0xff);
const MASK_6 = Uint8Array.of(0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff);

/** The first 21 bits that the id of a node at that address must have, if its last byte is `last`. */
const prefixOf = (ip: Uint8Array, last: number): number => {
  const mask = ip.length === 4 ? MASK_4 : MASK_6;
  const masked = mask.map((bits, index) => bits & (ip[index] ?? 0));
  masked[0] = (masked[0] ?? 0) | ((last & 7) << 5);
  return crc32c(masked);
};

/**
 * Makes an id for a node at `host` from 20 random bytes, which stay unchanged if `host` is not an IP address. BEP
 * 42.
 */
export const createNodeId = (random: Uint8Array, host?: string): Uint8Array => {
  const id = new Uint8Array(random.subarray(0, ID_LENGTH));
  const ip = host === undefined ? undefined : parseIp(host);
  if (!ip) return id;
  const prefix = prefixOf(ip, id[19] ?? 0);
  id[0] = prefix >>> 24;
  id[1] = (prefix >>> 16) & 0xff;
  id[2] = ((prefix >>> 8) & 0xf8) | ((id[2] ?? 0) & 7);
  return id;
};

/** May a node at `host` have that id? Nodes at near addresses may have any. BEP 42. */
export const isValidNodeId = (id: Uint8Array, host: string): boolean => {
  const ip = parseIp(host);
  if (!ip) return false;
  if (isNear(host)) return true;
  const prefix = prefixOf(ip, id[19] ?? 0);
  return (
    id[0] === prefix >>> 24 && id[1] === ((prefix >>> 16) & 0xff) && ((id[2] ?? 0) & 0xf8) === ((prefix >>> 8) & 0xf8)
  );
};
