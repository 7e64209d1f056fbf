import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { formatIp, parseIp } from '../../protocol/encoding/ip.ts';
import type { LookAround } from '../groups/multicast.ts';

/** The router of this machine's network. */
export interface Gateway {
  readonly host: string;
  /** Our address in that network. */
  readonly local: string;
}

const wordOf = (host: string): number => parseIp(host)?.reduce((word, byte) => word * 256 + byte, 0) ?? 0;
const masked = (host: string, mask: string): number => (wordOf(host) & wordOf(mask)) >>> 0;

/** Linux tells its routes; addresses are in the order of a little-endian word. */
const routed = (table: string): readonly string[] =>
  table.split('\n').flatMap((line) => {
    const [, to, by = ''] = line.trim().split(/\s+/);
    const bytes = /^[0-9a-f]{8}$/i.test(by) ? by.match(/../g) : null;
    if (to !== '00000000' || bytes === null || by === '00000000') return [];
    return [formatIp(Uint8Array.from(bytes.reverse(), (byte) => parseInt(byte, 16)))];
  });

const routesOfLinux = (): string => {
  try {
    return readFileSync('/proc/net/route', 'utf8');
  } catch {
    return '';
  }
};

/**
 * The router by which this machine reaches the world by IPv4, and our address in its network; undefined if there is
 * none. Only Linux tells it: elsewhere it is taken to be the first address of our network, as it is in most homes.
 */
export const gateway = (
  look: LookAround = networkInterfaces,
  routes: () => string = routesOfLinux,
  platform = process.platform,
): Gateway | undefined => {
  const ours = Object.values(look()).flatMap((addresses = []) =>
    addresses.filter(({ family, internal }) => family === 'IPv4' && !internal),
  );
  const hosts =
    platform === 'linux'
      ? routed(routes())
      : ours.map(({ address, netmask }) => {
          const word = masked(address, netmask) + 1;
          return formatIp(Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word));
        });
  return hosts
    .flatMap((host) =>
      ours
        .filter(({ address, netmask }) => masked(address, netmask) === masked(host, netmask) && address !== host)
        .map(({ address }) => ({ host, local: address })),
    )
    .at(0);
};
