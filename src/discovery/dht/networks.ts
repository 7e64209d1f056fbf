import { parseIp } from '../../protocol/encoding/ip.ts';
import { isNear, meantIp } from '../../protocol/encoding/reach.ts';

/**
 * What one person is likely to have all of: the /24 of an IPv4 literal, the /64 of an IPv6 one. Undefined for near
 * addresses, where many may be one's own.
 */
export const networkOf = (host: string): string | undefined => {
  if (isNear(host)) return undefined;
  // The common case by the quickest way: tables ask for each node that they are told of.
  if (!host.includes(':')) return parseIp(host) && host.slice(0, host.lastIndexOf('.'));
  const ip = meantIp(host);
  return ip?.subarray(0, ip.length === 4 ? 3 : 8).join('.');
};
