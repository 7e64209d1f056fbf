import { isIPv4, isIPv6 } from 'node:net';
import { formatIp } from '../../protocol/encoding/ip.ts';

/** Where a default route leads. */
export interface Route {
  /** The next router; without a zone. */
  readonly host: string;
  /** The interface, by its name or number, where the table says so. */
  readonly on?: string | undefined;
}

/** Characters of a table that are read: one of Linux may have every route of the world. */
export const MAX_TABLE = 256 * 1024;

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));

type Line = readonly string[];
type Weighed = Route & { readonly metric: number };

/** IPv4 in the order of a little-endian word, in /proc/net/route; IPv6 in /proc/net/ipv6_route. */
const linux = ([first = '', second = '', third = '', fourth, fifth = '', ...others]: Line): Weighed | undefined => {
  if (second === '00000000' && /^[0-9a-f]{8}$/i.test(third) && third !== '00000000')
    return { host: formatIp(bytesOf(third).reverse()), on: first, metric: Number(others[1] ?? 0) };
  if (/^0{32}$/.test(first) && second === '00' && /^[0-9a-f]{32}$/i.test(fifth) && fourth !== undefined)
    return /^0+$/.test(fifth)
      ? undefined
      : { host: formatIp(bytesOf(fifth)), on: others.at(-1), metric: parseInt(others[0] ?? '0', 16) };
  return undefined;
};

/** `netstat -rn` of macOS and the BSDs: the routes that come first are used first. */
const bsd = ([to, gateway = '', ...others]: Line): Weighed | undefined => {
  const [host = '', zone] = gateway.split('%');
  if (to !== 'default' || (!isIPv4(host) && !isIPv6(host))) return undefined;
  return { host, on: zone ?? others.find((word) => /^[a-z]+\d+$/.test(word)), metric: 0 };
};

/** `route print` of Windows; words differ by language, numbers do not. */
const windows = (line: Line): Weighed | undefined => {
  const [one = '', two = '', three = '', four = '', five = ''] = line;
  if (one === '0.0.0.0' && two === '0.0.0.0' && isIPv4(three) && isIPv4(four))
    return { host: three, metric: Number(five) || 0 };
  if (three === '::/0' && isIPv6(four)) return { host: four, on: one, metric: Number(two) || 0 };
  return undefined;
};

const READERS: Readonly<Record<string, (line: Line) => Weighed | undefined>> = {
  linux,
  win32: windows,
  darwin: bsd,
  freebsd: bsd,
  openbsd: bsd,
};

/**
 * The default routes that this system prefers, best first, of both families; undefined if nothing is known of how the
 * system says it.
 */
export const defaultRoutes = (platform: string, table: string): readonly Route[] | undefined => {
  const read = READERS[platform];
  if (read === undefined) return undefined;
  const found = table
    .slice(0, MAX_TABLE)
    .split('\n')
    .map((line) => read(line.trim().split(/\s+/)))
    .filter((route) => route !== undefined);
  return found.sort((a, b) => a.metric - b.metric).map(({ host, on }) => ({ host, on }));
};
