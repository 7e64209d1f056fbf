import { parseIp } from '../../protocol/encoding/ip.ts';

const secondOf = (host: string): number => Number(host.slice(host.indexOf('.') + 1, host.indexOf('.', host.indexOf('.') + 1)));

/** Is the IPv4 literal one of this machine, of this house or of a link: none that the public network could lead us to? */
const isLocalV4 = (host: string): boolean =>
  host.startsWith('10.') ||
  host.startsWith('127.') ||
  host.startsWith('192.168.') ||
  host.startsWith('169.254.') ||
  (host.startsWith('172.') && secondOf(host) >= 16 && secondOf(host) < 32) ||
  (host.startsWith('100.') && secondOf(host) >= 64 && secondOf(host) < 128);

const isLocalV6 = (host: string): boolean => {
  const [a = 0, b = 0] = parseIp(host) ?? [];
  return host === '::1' || (a & 0xfe) === 0xfc || (a === 0xfe && (b & 0xc0) === 0x80);
};

/** Is `host`, a literal, of an address that the public network does not know? */
export const isLocalHost = (host: string): boolean => (host.includes(':') ? isLocalV6(host) : isLocalV4(host));

/**
 * What one person is likely to have all of: the /24 of an IPv4 literal, the /64 of an IPv6 one. Undefined for local
 * addresses, where many may be one's own.
 */
export const networkOf = (host: string): string | undefined => {
  if (isLocalHost(host)) return undefined;
  return host.includes(':') ? parseIp(host)?.subarray(0, 8).join('.') : host.slice(0, host.lastIndexOf('.'));
};

/** May somebody at `from` tell us of `to`? A stranger does not get us to talk to our own house. */
export const mayTellOf = (from: string, to: string): boolean => !isLocalHost(to) || isLocalHost(from);
