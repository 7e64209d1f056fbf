import { formatIp, parseIp } from './ip.ts';
import { ID_LENGTH } from './id.ts';
import { Malformed } from './malformed.ts';
import { isUnicast } from './reach.ts';

/** An IPv4 or IPv6 literal and a port from 1 to 65535. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface NodeEndpoint extends Endpoint {
  /** 20 bytes. */
  readonly id: Uint8Array;
}

/** Length of an address without its port, in bytes. */
export type IpLength = 4 | 16;

/**
 * An address and its port, 6 or 18 bytes. Undefined where no peer can be: port 0, the unspecified address, broadcast,
 * multicast.
 */
export const decodeEndpoint = (bytes: Uint8Array): Endpoint | undefined => {
  const ip = bytes.subarray(0, -2);
  const port = ((bytes.at(-2) ?? 0) << 8) | (bytes.at(-1) ?? 0);
  return port > 0 && isUnicast(ip) ? { host: formatIp(ip), port } : undefined;
};

/** Undefined unless `host` is an IP address of that length. */
const encodeEndpoint = ({ host, port }: Endpoint, length: IpLength): Uint8Array | undefined => {
  const ip = parseIp(host);
  return ip?.length === length ? Uint8Array.of(...ip, port >> 8, port & 0xff) : undefined;
};

function* chunks(bytes: Uint8Array, size: number, what: string): Generator<Uint8Array> {
  if (bytes.length % size !== 0) throw new Malformed(what, `a multiple of ${size} bytes`, bytes.length);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const join = (entries: readonly (Uint8Array | undefined)[]): Uint8Array =>
  new Uint8Array(Buffer.concat(entries.filter((entry) => entry !== undefined)));

/**
 * Decodes peers of 6 (BEP 23) or 18 bytes (BEP 7) each. Addresses at which no peer can be are left out, and so is what
 * exceeds `limit`. Throws `Malformed`.
 */
export const decodePeers = (bytes: Uint8Array, length: IpLength, limit = Infinity): Endpoint[] => {
  const peers: Endpoint[] = [];
  for (const chunk of chunks(bytes, length + 2, 'compact peers')) {
    const peer = decodeEndpoint(chunk);
    if (peer && peers.push(peer) >= limit) break;
  }
  return peers;
};

/** Encodes the `peers` whose address has that length; the others belong to the list of the other family. */
export const encodePeers = (peers: readonly Endpoint[], length: IpLength): Uint8Array =>
  join(peers.map((peer) => encodeEndpoint(peer, length)));

/** Decodes nodes of 26 (BEP 5) or 38 bytes (BEP 32) each, as `decodePeers` does. Throws `Malformed`. */
export const decodeNodes = (bytes: Uint8Array, length: IpLength, limit = Infinity): NodeEndpoint[] => {
  const nodes: NodeEndpoint[] = [];
  for (const chunk of chunks(bytes, ID_LENGTH + length + 2, 'compact nodes')) {
    const endpoint = decodeEndpoint(chunk.subarray(ID_LENGTH));
    if (endpoint && nodes.push({ id: new Uint8Array(chunk.subarray(0, ID_LENGTH)), ...endpoint }) >= limit) break;
  }
  return nodes;
};

export const encodeNodes = (nodes: readonly NodeEndpoint[], length: IpLength): Uint8Array =>
  join(
    nodes.flatMap((node) => {
      const endpoint = encodeEndpoint(node, length);
      return endpoint ? [node.id, endpoint] : [];
    }),
  );
