import { createSocket } from 'node:dgram';
import { parseIp } from '../../protocol/encoding/ip.ts';

/** Any port works: nothing is sent. */
const DISCARD = 9;

type Policy = readonly [network: string, bits: number, precedence: number, label: number];

/** The default policy table of RFC 6724; IPv4 addresses are looked up as IPv4-mapped IPv6. */
const POLICIES: readonly Policy[] = [
  ['::1', 128, 50, 0],
  ['::ffff:0:0', 96, 35, 4],
  ['::', 96, 1, 3],
  ['2001::', 32, 5, 5],
  ['2002::', 16, 30, 2],
  ['3ffe::', 16, 1, 12],
  ['fec0::', 10, 1, 11],
  ['fc00::', 7, 3, 13],
];
const OTHERS = { precedence: 40, label: 1 };

const sixteen = (address: string): Uint8Array => {
  const ip = parseIp(address.replace(/%.*$/, '')) ?? new Uint8Array(16);
  return ip.length === 16 ? ip : Uint8Array.of(...new Uint8Array(10), 0xff, 0xff, ...ip);
};

const policyOf = (address: string): { readonly precedence: number; readonly label: number } => {
  const ip = sixteen(address);
  const found = POLICIES.find(([network, bits]) =>
    sixteen(network).every((byte, at) => ((byte ^ (ip[at] ?? 0)) & maskOf(bits - at * 8)) === 0),
  );
  return found === undefined ? OTHERS : { precedence: found[2], label: found[3] };
};

/** The first `bits` of a byte. */
const maskOf = (bits: number): number => (0xff00 >> Math.min(8, Math.max(0, bits))) & 0xff;

/**
 * The source address from which this machine would reach `address`; undefined if there is no route to it. Nothing is
 * sent.
 */
const sourceFor = (address: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const end = (source?: string): void => {
      socket.removeAllListeners();
      socket.close();
      resolve(source);
    };
    socket.once('error', () => end());
    socket.once('connect', () => end(socket.address().address));
    socket.connect(DISCARD, address);
  });

/** Is there a route from here to any of these addresses? */
export const hasRoute = async (addresses: readonly string[]): Promise<boolean> =>
  (await Promise.all(addresses.map(sourceFor))).some((source) => source !== undefined);

/** The sort keys of an address: whether there is a route, whether the source has the same label, and the precedence. */
const rank = (address: string, source: string | undefined): number => {
  const { precedence, label } = policyOf(address);
  return (
    (source === undefined ? 0 : 2_000) +
    (source !== undefined && policyOf(source).label === label ? 1_000 : 0) +
    precedence
  );
};

/**
 * The addresses in the order in which the system would try them (RFC 6724, rules 1, 5 and 6). Equal addresses keep
 * their order, and addresses without a route come last.
 */
export const inOrder = (addresses: readonly string[], sources: readonly (string | undefined)[]): readonly string[] =>
  addresses
    .map((address, at) => ({ address, rank: rank(address, sources[at]) }))
    .sort((one, other) => other.rank - one.rank)
    .map(({ address }) => address);

/** The same, with this machine's routes. Addresses of one family keep their order. */
export const preferred = async (addresses: readonly string[]): Promise<readonly string[]> => {
  const six = addresses.filter((address) => address.includes(':')).length;
  if (six === 0 || six === addresses.length) return addresses;
  return inOrder(addresses, await Promise.all(addresses.map(sourceFor)));
};
