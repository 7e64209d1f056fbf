import { parseIp } from '../../protocol/ip.ts';

/** Is the address of this machine, of this house or of a link: nothing that the public network could lead us to? */
const isLocal = (ip: Uint8Array): boolean => {
  const [a = 0, b = 0] = ip;
  if (ip.length === 4)
    return (
      a === 127 || a === 10 || (a === 172 && (b & 0xf0) === 16) || (a === 192 && b === 168) || (a === 169 && b === 254) || (a === 100 && (b & 0xc0) === 64)
    );
  const isLoopback = ip.subarray(0, 15).every((byte) => byte === 0) && ip[15] === 1;
  return isLoopback || (a & 0xfe) === 0xfc || (a === 0xfe && (b & 0xc0) === 0x80);
};

/** Is `host` a literal of an address that the public network does not know? */
export const isLocalHost = (host: string): boolean => {
  const ip = parseIp(host);
  return ip !== undefined && isLocal(ip);
};

/**
 * What one person is likely to have all of: the /24 of an IPv4 address, the /64 of an IPv6 one. Undefined for local
 * addresses, where many may be one's own, and for what is no address.
 */
export const networkOf = (host: string): string | undefined => {
  const ip = parseIp(host);
  if (!ip || isLocal(ip)) return undefined;
  return ip.subarray(0, ip.length === 4 ? 3 : 8).join('.');
};

/** May somebody at `from` tell us of `to`? A stranger does not get us to talk to our own house. */
export const mayTellOf = (from: string, to: string): boolean => isLocalHost(from) || !isLocalHost(to);
