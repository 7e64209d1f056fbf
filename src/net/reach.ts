import { BlockList, isIP, isIPv6 } from 'node:net';

/** How far away an address is: on this machine, in a network of our own, or anywhere. Higher is closer. */
export type Reach = 0 | 1 | 2;
export const PUBLIC: Reach = 0;
export const PRIVATE: Reach = 1;
export const LOOPBACK: Reach = 2;

const listOf = (...subnets: readonly (readonly [string, number])[]): BlockList => {
  const list = new BlockList();
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, isIPv6(net) ? 'ipv6' : 'ipv4');
  return list;
};

// 0.0.0.0 and :: are dialled as this machine by Linux and macOS.
const loopback = listOf(['0.0.0.0', 8], ['127.0.0.0', 8], ['::', 127]);

const local = listOf(
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
);

const NAT64 = /^64:ff9b::/i;

/** Of an IPv4 or IPv6 literal. Addresses that carry an IPv4 address (mapped, NAT64) are judged by that one. No address is far. */
export const reachOf = (address: string): Reach => {
  const bare = address.replace(/%.*$/, '').replace(NAT64, '::ffff:');
  if (isIP(bare) === 0) return PUBLIC;
  const family = isIPv6(bare) ? 'ipv6' : 'ipv4';
  if (loopback.check(bare, family)) return LOOPBACK;
  return local.check(bare, family) ? PRIVATE : PUBLIC;
};
