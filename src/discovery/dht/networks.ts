import { parseIp } from '../../protocol/encoding/ip.ts';
import { isNear, meantIp } from '../../protocol/encoding/reach.ts';

/**
 * The network that one party is likely to own as a whole: the /24 of an IPv4 address, the /64 of an IPv6 address.
 * Undefined for near addresses, many of which may belong to the user.
 */
export const networkOf = (host: string): string | undefined => {
  if (isNear(host)) return undefined;
  // The common case in the fastest way: tables ask for each node that they hear of.
  if (!host.includes(':')) return parseIp(host) && host.slice(0, host.lastIndexOf('.'));
  const ip = meantIp(host);
  return ip?.subarray(0, ip.length === 4 ? 3 : 8).join('.');
};
