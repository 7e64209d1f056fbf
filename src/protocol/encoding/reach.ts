import { parseIp } from './ip.ts';

/** How far away an address is: on this machine, in a network of our own, or anywhere. Higher is closer. */
export type Reach = 0 | 1 | 2;
export const PUBLIC: Reach = 0;
export const PRIVATE: Reach = 1;
export const LOOPBACK: Reach = 2;

interface Subnet {
  readonly net: Uint8Array;
  /** Bits. */
  readonly prefix: number;
}

const subnet = (cidr: string): Subnet => {
  const [net = '', prefix] = cidr.split('/');
  return { net: parseIp(net) ?? new Uint8Array(), prefix: Number(prefix) };
};

const holds = ({ net, prefix }: Subnet, ip: Uint8Array): boolean =>
  net.length === ip.length &&
  net.every((byte, at) => {
    const bits = Math.min(8, Math.max(0, prefix - at * 8));
    return (byte ^ (ip[at] ?? 0)) >> (8 - bits) === 0;
  });

// 0.0.0.0 and :: are dialled as this machine by Linux and macOS.
const loopback = ['0.0.0.0/8', '127.0.0.0/8', '::/127'].map(subnet);

const local = [
  ...['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/3'],
  ...['fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
].map(subnet);

/** IPv6 addresses whose last four bytes are an IPv4 address: mapped ones and NAT64. */
const carriers = ['::ffff:0:0/96', '64:ff9b::/32'].map(subnet);

/** Of an IPv4 or IPv6 literal. Addresses that carry an IPv4 address (mapped, NAT64) are judged by that one. No address is far. */
export const reachOf = (address: string): Reach => {
  const ip = parseIp(address.replace(/%.*$/, ''));
  if (ip === undefined) return PUBLIC;
  const judged = carriers.some((carrier) => holds(carrier, ip)) ? ip.subarray(12) : ip;
  if (loopback.some((net) => holds(net, judged))) return LOOPBACK;
  return local.some((net) => holds(net, judged)) ? PRIVATE : PUBLIC;
};

/** Names that are given out within a house or a machine only. */
const HOME = /(^|\.)(localhost|local|lan|internal|home|home\.arpa|test)\.?$/i;

/** Does a host, as it stands in a URL, claim to be somewhere else? A literal that is public does, and so does a name that is no name of this network. */
export const isFarHost = (host: string): boolean => {
  const bare = host.replace(/^\[|\]$/g, '');
  if (parseIp(bare) !== undefined) return reachOf(bare) === PUBLIC;
  return bare.includes('.') && !HOME.test(bare);
};
