import { crc32c } from '../../protocol/dht/crc32c.ts';
import { parseIp } from '../../protocol/encoding/ip.ts';

interface Place {
  /** An IPv4 or IPv6 address; a host name has no priority. */
  readonly host: string;
  readonly port: number;
}

/** Number of leading bytes that count in full: a whole network has the same priority, unless we are in it. */
const WHOLE = { 4: 2, 16: 6 } as const;
/** Of the remaining bytes every second bit counts. */
const MASK = 0x55;

/**
 * The priority of a connection between two addresses, 0 to 2³² − 1; higher is better. Both sides compute the same
 * number, and neither can choose it, so all peers have the same chance in a crowded swarm. Undefined for names, and for
 * addresses of different families. BEP 40.
 */
export const peerPriority = (one: Place, other: Place): number | undefined => {
  const [a, b] = [parseIp(one.host), parseIp(other.host)];
  if (a === undefined || a.length !== b?.length) return undefined;
  const common = a.findIndex((byte, at) => byte !== b[at]);
  if (common < 0) return crc32c(inOrder(bytesOf(one.port), bytesOf(other.port)));
  const whole = Math.max(a.length === 4 ? WHOLE[4] : WHOLE[16], common + 1);
  const masked = (ip: Uint8Array): Uint8Array => ip.map((byte, at) => (at < whole ? byte : byte & MASK));
  return crc32c(inOrder(masked(a), masked(b)));
};

const bytesOf = (port: number): Uint8Array => Uint8Array.of(port >> 8, port & 0xff);

const inOrder = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const [low, high] = Buffer.compare(a, b) <= 0 ? [a, b] : [b, a];
  return Uint8Array.of(...low, ...high);
};
