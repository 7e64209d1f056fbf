import { parseIp } from './ip.ts';

/** How far away an address is: on this machine, in our own network, or anywhere. Higher is closer. */
export type Reach = 0 | 1 | 2;
export const PUBLIC: Reach = 0;
export const PRIVATE: Reach = 1;
export const LOOPBACK: Reach = 2;

/**
 * What we know about each kind of address. Every question about an address is answered by this table and the ranges
 * below, and by nothing else.
 */
const KINDS = {
  public: { reach: PUBLIC, near: false, home: false, unicast: true },
  /** Addresses for examples in texts: no network has them, so nothing is harmed by dialling them. */
  documentation: { reach: PUBLIC, near: false, home: false, unicast: true },
  /** When it is dialled, Linux and macOS connect to this machine. */
  unspecified: { reach: LOOPBACK, near: false, home: false, unicast: false },
  loopback: { reach: LOOPBACK, near: true, home: true, unicast: true },
  /** Addresses of a home or a company: RFC 1918, unique local and site-local addresses. */
  private: { reach: PRIVATE, near: true, home: true, unicast: true },
  'link-local': { reach: PRIVATE, near: true, home: true, unicast: true },
  /** Addresses shared by a carrier and all its customers, which are strangers to one another: near, but not home. */
  carrier: { reach: PRIVATE, near: true, home: false, unicast: true },
  /** Addresses for benchmarks within a laboratory. */
  benchmark: { reach: PRIVATE, near: false, home: false, unicast: true },
  /** Addresses for protocols between a router and its carrier. */
  protocol: { reach: PRIVATE, near: false, home: false, unicast: true },
  multicast: { reach: PRIVATE, near: false, home: false, unicast: false },
  broadcast: { reach: PRIVATE, near: false, home: false, unicast: false },
  reserved: { reach: PRIVATE, near: false, home: false, unicast: false },
} as const;

export type AddressKind = keyof typeof KINDS;

interface Range {
  readonly net: Uint8Array;
  /** The number of leading bytes that are compared whole. */
  readonly whole: number;
  readonly mask: number;
}

const range = (cidr: string): Range => {
  const [net = '', prefix] = cidr.split('/');
  const whole = Number(prefix) >> 3;
  return { net: parseIp(net) ?? new Uint8Array(), whole, mask: (0xff00 >> (Number(prefix) & 7)) & 0xff };
};

const holds = ({ net, whole, mask }: Range, ip: Uint8Array): boolean => {
  if (net.length !== ip.length) return false;
  for (let at = 0; at < whole; at++) if (net[at] !== ip[at]) return false;
  return mask === 0 || (((net[whole] ?? 0) ^ (ip[whole] ?? 0)) & mask) === 0;
};

type Row = readonly [range: Range, kind: AddressKind];
const row = ([cidr, kind]: readonly [cidr: string, kind: AddressKind]): Row => [range(cidr), kind];

/** The first range that contains an address decides its kind. An IPv4 address in none of them is public. */
const V4: readonly Row[] = (
  [
    ['0.0.0.0/8', 'unspecified'],
    ['10.0.0.0/8', 'private'],
    ['100.64.0.0/10', 'carrier'],
    ['127.0.0.0/8', 'loopback'],
    ['169.254.0.0/16', 'link-local'],
    ['172.16.0.0/12', 'private'],
    ['192.0.0.0/24', 'protocol'],
    ['192.0.2.0/24', 'documentation'],
    ['192.168.0.0/16', 'private'],
    ['198.18.0.0/15', 'benchmark'],
    ['198.51.100.0/24', 'documentation'],
    ['203.0.113.0/24', 'documentation'],
    ['224.0.0.0/4', 'multicast'],
    ['255.255.255.255/32', 'broadcast'],
    ['240.0.0.0/4', 'reserved'],
  ] as const
).map(row);

/**
 * The rows of `V4` that can contain an address, by its first byte. Most first bytes have none, which matters because
 * the DHT checks each node that it hears of.
 */
const V4_BY_FIRST: readonly (readonly Row[])[] = Array.from({ length: 256 }, (_, first) =>
  V4.filter(([{ net, whole, mask }]) => (((net[0] ?? 0) ^ first) & (whole > 0 ? 0xff : mask)) === 0),
);

/** The public network uses only 2000::/3: an IPv6 address in none of these ranges is reserved. */
const V6: readonly Row[] = (
  [
    ['2001:2::/48', 'benchmark'],
    ['2001:10::/28', 'reserved'],
    ['2001:20::/28', 'reserved'],
    ['2001:db8::/32', 'documentation'],
    ['3fff::/20', 'documentation'],
    ['2000::/3', 'public'],
    ['::/128', 'unspecified'],
    ['::1/128', 'loopback'],
    ['fc00::/7', 'private'],
    ['fe80::/10', 'link-local'],
    ['fec0::/10', 'private'],
    ['ff00::/8', 'multicast'],
  ] as const
).map(row);

/**
 * IPv6 addresses that stand for the IPv4 address in their last four bytes: mapped ones and those of NAT64 (RFC 6052,
 * RFC 8215).
 */
const CARRIERS = ['::ffff:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48'].map(range);
const SIX_TO_FOUR = range('2002::/16');
const TEREDO = range('2001::/32');

/** The IPv4 address that a mapped or NAT64 address stands for; any other address unchanged. */
const meantBy = (ip: Uint8Array): Uint8Array =>
  ip.length === 16 && CARRIERS.some((carrier) => holds(carrier, ip)) ? ip.subarray(12) : ip;

/**
 * The 4 or 16 bytes of an IP address, without its zone. For a mapped or NAT64 address, those of the IPv4 address that
 * it stands for. Undefined for a name.
 */
export const meantIp = (host: string): Uint8Array | undefined => {
  const zone = host.indexOf('%');
  const ip = parseIp(zone < 0 ? host : host.slice(0, zone));
  return ip && meantBy(ip);
};

const listed = (rows: readonly Row[], ip: Uint8Array): AddressKind | undefined => {
  for (const [held, kind] of rows) if (holds(held, ip)) return kind;
  return undefined;
};

/**
 * Packets to a 6to4 or Teredo address come out at IPv4 addresses that are embedded in it. If one of those is not
 * public, the address has its kind; the closest one counts.
 */
const tunnelled = (ip: Uint8Array): AddressKind | undefined => {
  const ends: Uint8Array[] = [];
  if (holds(SIX_TO_FOUR, ip)) ends.push(ip.subarray(2, 6));
  if (holds(TEREDO, ip))
    ends.push(
      ip.subarray(4, 8),
      ip.subarray(12).map((byte) => byte ^ 0xff),
    );
  const kinds = ends.map(kindOf).filter((kind) => KINDS[kind].reach !== PUBLIC);
  return kinds.sort((a, b) => KINDS[b].reach - KINDS[a].reach)[0];
};

/** The kind of an address of 4 or 16 bytes. */
const kindOf = (ip: Uint8Array): AddressKind => {
  const meant = meantBy(ip);
  return meant.length === 4
    ? (listed(V4_BY_FIRST[meant[0] ?? 0] ?? [], meant) ?? 'public')
    : (tunnelled(meant) ?? listed(V6, meant) ?? 'reserved');
};

/**
 * The kind of an IPv4 or IPv6 address, with or without a zone; undefined for a name. Mapped and NAT64 addresses have
 * the kind of the IPv4 address in them.
 */
export const addressKind = (host: string): AddressKind | undefined => {
  const ip = meantIp(host);
  return ip && kindOf(ip);
};

const known = (host: string): (typeof KINDS)[AddressKind] => KINDS[addressKind(host) ?? 'public'];

/** The reach of an IPv4 or IPv6 address. A name counts as public. */
export const reachOf = (address: string): Reach => known(address).reach;

/**
 * May a peer at `from` tell us of `to`? A stranger must not make us dial our own network or machine, nor may a peer of
 * our network make us dial our machine.
 */
export const mayTellOf = (from: string, to: string): boolean => reachOf(to) <= reachOf(from);

/** Does the IP address belong to a machine outside the public network, such as one at home or a carrier's customer? */
export const isNear = (host: string): boolean => known(host).near;

/** Does the host belong to the user's own network or machine? */
export const isHome = (host: string): boolean => known(host).home || host.toLowerCase() === 'localhost';

/**
 * Can a peer have this address of 4 or 16 bytes? No peer has the unspecified address, nor a broadcast, multicast or
 * reserved one.
 */
export const isUnicast = (ip: Uint8Array): boolean => KINDS[kindOf(ip)].unicast;

/** Names that have a meaning only within a home or a machine. */
const HOME = /(^|\.)(localhost|local|lan|internal|home|home\.arpa|test)\.?$/i;

/**
 * Does the host of a URL claim to be outside our network? True for public IP addresses, and for names outside .local,
 * .lan and the like.
 */
export const isFarHost = (host: string): boolean => {
  const bare = host.replace(/^\[|\]$/g, '');
  if (parseIp(bare) !== undefined) return reachOf(bare) === PUBLIC;
  return bare.includes('.') && !HOME.test(bare);
};
