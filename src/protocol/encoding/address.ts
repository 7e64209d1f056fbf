import type { Endpoint } from './compact.ts';
import { parseIp, v4Of } from './ip.ts';
import { isPrintable } from './printable.ts';

/** The address as it is written in messages and links: `192.0.2.7:6881`, `[2001:db8::7]:6881`. */
export const addressText = ({ host, port }: Endpoint): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/**
 * The key of an address in a map or a set: two addresses have the same key if host and port are spelled alike. It is
 * never shown to the user.
 */
export const addressKey = ({ host, port }: Endpoint): string => `${host} ${port}`;

const MAX_NAME = 253;
/** The interface of a link-local address. */
const ZONE = /%[\w.-]+$/;
/** Letters, digits, and what may stand between them; those of any script. */
const ASCII_NAME = /^(?!.*\.\.)\w(?:[\w.-]*[\w.])?$/;
const anyName = (): RegExp => /^(?!.*\.\.)[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_.-]*[\p{L}\p{M}\p{N}_.])?$/u;

const named = (host: string): boolean => (isPrintable(host) ? ASCII_NAME : anyName()).test(host);

/** What is wrong with an address that can't be dialled, for the user; undefined if nothing is. */
export const addressFault = ({ host, port }: Endpoint): string | undefined => {
  // Nearly all are such addresses, and no text is made of them.
  if (Number.isInteger(port) && port >= 1 && port <= 65_535 && typeof host === 'string' && v4Of(host) >= 0)
    return undefined;
  const text = addressText({ host: String(host), port });
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return `${text}: a port is from 1 to 65535`;
  const isName = typeof host === 'string' && host.length <= MAX_NAME && named(host) && !/^[\d.]+$/.test(host);
  return isName || parseIp(String(host).replace(ZONE, '')) !== undefined
    ? undefined
    : `"${text}": a host is an IP address or a name`;
};
