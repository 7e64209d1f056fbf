import { sha1 } from '../encoding/id.ts';
import { parseIp } from '../encoding/ip.ts';

/** Number of pieces that a peer may request while we choke it. */
export const ALLOWED_FAST = 10;

/**
 * The pieces that a peer at `host` may request while we choke it, so that it soon has something to give. Both sides
 * compute the same set, and a peer cannot choose it: all addresses of one IPv4 /24 have the same. At most `count`
 * different pieces; none unless `host` is an IPv4 address. BEP 6.
 */
export const allowedFastSet = (
  host: string,
  infoHash: Uint8Array,
  pieceCount: number,
  count: number = ALLOWED_FAST,
): readonly number[] => {
  const ip = parseIp(host);
  if (ip?.length !== 4 || pieceCount === 0) return [];
  const pieces = new Set<number>();
  const most = Math.min(count, pieceCount);
  let digest: Uint8Array = Uint8Array.of(...ip.subarray(0, 3), 0, ...infoHash);
  while (pieces.size < most) {
    digest = sha1(digest);
    const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
    for (let at = 0; at < digest.length && pieces.size < most; at += 4) pieces.add(view.getUint32(at) % pieceCount);
  }
  return [...pieces];
};
