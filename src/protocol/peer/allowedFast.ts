import { sha1 } from '../encoding/id.ts';
import { parseIp } from '../encoding/ip.ts';

/** Pieces that a peer may have while it is choked. */
export const ALLOWED_FAST = 10;

/**
 * The pieces that a peer at `host` may ask for while it is choked: so it soon has something to give. Both sides come to
 * the same pieces, and nobody can choose them: all of one IPv4 network of 256 addresses have the same. At most `count`,
 * each once; none for what is no IPv4 address. BEP 6.
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
