import { map, type Observable } from 'rxjs';
import type { Env, UdpEndpoint } from '../env.ts';
import { TrackerError } from '../errors.ts';
import { parseIp } from '../protocol/ip.ts';
import { isFarHost, LOOPBACK, PUBLIC, reachOf } from '../protocol/reach.ts';
import { shownUrl } from '../protocol/shownUrl.ts';

/** Addresses of one tracker that are tried. */
export const MAX_ADDRESSES = 4;

/** Did people give this URL themselves? All others come from strangers. */
export type Given = (url: string) => boolean;

/**
 * Where the UDP tracker of a URL is: at most four addresses, those of IPv4 first.
 *
 * A stranger's URL whose host is far away must not lead to a private address or to this machine, and one to this machine
 * only to a path that begins with `/announce`, as for HTTP. Errors with a `TrackerError`: `refused-address`, `malformed`
 * for a URL that is none or has no port, `unreachable` for a name without an address.
 */
export const trackerAddresses = ({ resolve }: Pick<Env, 'resolve'>, url: string, given: Given): Observable<readonly [UdpEndpoint, ...UdpEndpoint[]]> => {
  const { hostname, port } = udpUrl(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return resolve(host).pipe(
    map((found) => {
      const hosts = found.filter((each) => parseIp(each) !== undefined);
      const allowed = given(url) ? hosts : hosts.filter((each) => refusal(url, each) === undefined);
      const row = [...allowed].sort((a, b) => Number(a.includes(':')) - Number(b.includes(':'))).slice(0, MAX_ADDRESSES);
      const [first, ...others] = row.map((each): UdpEndpoint => ({ host: each, port: Number(port) }));
      if (first !== undefined) return [first, ...others] as const;
      const [near] = hosts;
      throw (near === undefined ? undefined : refusal(url, near)) ?? new TrackerError('unreachable', `${shownUrl(url)}: its host has no address`);
    }),
  );
};

const udpUrl = (url: string): URL => {
  const parsed = /^[\x21-\x7e]+$/.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || parsed.hostname === '' || !(Number(parsed.port) > 0)) {
    throw new TrackerError('malformed', `${shownUrl(url)}: not a URL like udp://host:port`, { retryIn: 'never' });
  }
  return parsed;
};

const refusal = (url: string, address: string): TrackerError | undefined => {
  const { hostname, pathname } = new URL(url);
  const reach = reachOf(address);
  if (reach > PUBLIC && isFarHost(hostname)) {
    return new TrackerError(
      'refused-address',
      `${shownUrl(url)}: leads to ${address}, which is not where it claims to be; give it as a tracker of yours if it is`,
    );
  }
  if (reach === LOOPBACK && !pathname.startsWith('/announce')) {
    return new TrackerError('refused-address', `${shownUrl(url)}: on this machine only /announce may be asked`, { retryIn: 'never' });
  }
  return undefined;
};
