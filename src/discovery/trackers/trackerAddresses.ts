import { map, type Observable } from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import type { UdpEndpoint } from '../../contracts/network.ts';
import { TrackerError } from '../../contracts/errors.ts';
import { encodedUrl } from '../../protocol/tracker/encodedUrl.ts';
import { parseIp } from '../../protocol/encoding/ip.ts';
import { isFarHost, LOOPBACK, PUBLIC, reachOf } from '../../protocol/encoding/reach.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import { familyOf } from './families.ts';

/** Maximum number of addresses of each family that are tried for one tracker. */
export const MAX_ADDRESSES = 4;

/** Addresses of one address family. */
export type Row = readonly [UdpEndpoint, ...UdpEndpoint[]];

/** Has the user given this URL? All others come from strangers. */
export type Given = (url: string) => boolean;

/**
 * The addresses of a UDP tracker by its URL: a row of at most four for each address family of its host, in the order in
 * which the system would try them (RFC 6724).
 *
 * A stranger's URL with a public host must not lead to a private address or to this machine, and one to this machine
 * must have a path that begins with `/announce`, as for HTTP. Errors with a `TrackerError`: `refused-address`,
 * `malformed` for an invalid URL or one without a port, `unreachable` for a name without an address.
 */
export const trackerAddresses = (
  { resolve }: Pick<Env, 'resolve'>,
  url: string,
  given: Given,
): Observable<readonly Row[]> => {
  const { hostname, port } = udpUrl(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return resolve(host).pipe(
    map((found) => {
      const hosts = found.filter((each) => parseIp(each) !== undefined);
      const allowed = given(url) ? hosts : hosts.filter((each) => refusal(url, each) === undefined);
      const rows = [...new Set(allowed.map(familyOf))].flatMap((family) => {
        const [first, ...others] = allowed
          .filter((each) => familyOf(each) === family)
          .map((each): UdpEndpoint => ({ host: each, port: Number(port) }));
        return first === undefined ? [] : [[first, ...others.slice(0, MAX_ADDRESSES - 1)] as const];
      });
      if (rows.length > 0) return rows;
      const [near] = hosts;
      throw (
        (near === undefined ? undefined : refusal(url, near)) ??
        new TrackerError('unreachable', `${shownUrl(url)}: its host has no address`)
      );
    }),
  );
};

const udpUrl = (url: string): URL => {
  const encoded = encodedUrl(url) ?? '';
  const parsed = URL.canParse(encoded) ? new URL(encoded) : undefined;
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
      `${shownUrl(url)}: leads to ${address}, a local address that is not for strangers to name; ` +
        'give it as a tracker of yours if it is',
    );
  }
  if (reach === LOOPBACK && !pathname.startsWith('/announce')) {
    return new TrackerError('refused-address', `${shownUrl(url)}: on this machine only /announce may be asked`, {
      retryIn: 'never',
    });
  }
  return undefined;
};
