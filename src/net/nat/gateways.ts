import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { isIPv6 } from 'node:net';
import { formatIp, parseIp } from '../../protocol/encoding/ip.ts';
import { addressKind } from '../../protocol/encoding/reach.ts';
import type { LookAround } from '../groups/multicast.ts';
import { defaultRoutes } from './routeTables.ts';

/** The router of this machine's network. */
export interface Gateway {
  readonly host: string;
  /** Our address in that network. */
  readonly local: string;
}

/** Addresses of this machine that a router of IPv6 is asked to let calls through to. */
export const MAX_LOCAL = 4;

const wordOf = (host: string): number => parseIp(host)?.reduce((word, byte) => word * 256 + byte, 0) ?? 0;
const masked = (host: string, mask: string): number => (wordOf(host) & wordOf(mask)) >>> 0;

type Named = NetworkInterfaceInfo & { readonly name: string };

const oursOf = (look: LookAround, family: 'IPv4' | 'IPv6'): readonly Named[] =>
  Object.entries(look()).flatMap(([name, addresses = []]) =>
    addresses.filter((each) => each.family === family && !each.internal).map((each) => ({ ...each, name })),
  );

/** The first address of a network, as routers have it in most homes. */
const guessed = ({ address, netmask }: NetworkInterfaceInfo): string => {
  const word = masked(address, netmask) + 1;
  return formatIp(Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word));
};

/**
 * The router by which this machine reaches the world by IPv4, and our address in its network; undefined if there is
 * none. Where the table of routes tells nothing it is taken to be the first address of our network; on Linux, where it
 * can be had, there is none then.
 */
export const gateway = (
  table: string,
  look: LookAround = networkInterfaces,
  platform: string = process.platform,
): Gateway | undefined => {
  const ours = oursOf(look, 'IPv4');
  const routed = (defaultRoutes(platform, table) ?? []).filter(({ host }) => !isIPv6(host)).map(({ host }) => host);
  const hosts = routed.length > 0 || platform === 'linux' ? routed : ours.map(guessed);
  return hosts
    .flatMap((host) =>
      ours
        .filter(({ address, netmask }) => masked(address, netmask) === masked(host, netmask) && address !== host)
        .map(({ address }) => ({ host, local: address })),
    )
    .at(0);
};

/**
 * The router of IPv6, and each of our addresses in its network that the world could reach if it let calls through;
 * none if there is no router.
 */
export const gatewaysOf6 = (
  table: string,
  look: LookAround = networkInterfaces,
  platform: string = process.platform,
): readonly Gateway[] => {
  const routes = defaultRoutes(platform, table) ?? [];
  const route = routes.find(({ host, on }) => isIPv6(host) && on !== undefined);
  if (route?.on === undefined) return [];
  const { host, on } = route;
  const ours = oursOf(look, 'IPv6');
  // Windows numbers its interfaces, and says so only beside addresses of the next cable.
  const names = ours.filter(({ name, scopeid }) => name === on || String(scopeid) === on).map(({ name }) => name);
  const zone = /^fe[89ab]/i.test(host) ? `%${on}` : '';
  return ours
    .filter(({ name, address }) => names.includes(name) && addressKind(address) === 'public')
    .slice(0, MAX_LOCAL)
    .map(({ address }) => ({ host: `${host}${zone}`, local: address }));
};
