import { EMPTY, from, mergeMap, type Observable, take } from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import type { Endpoint } from '../../protocol/encoding/compact.ts';
import { parseIp } from '../../protocol/encoding/ip.ts';
import { isFarHost, PUBLIC, reachOf } from '../../protocol/encoding/reach.ts';

/** Maximum number of addresses of one host name that are used, and of names that are resolved at the same time. */
const MAX_ADDRESSES = 2;
const AT_ONCE = 4;

/**
 * The addresses of peers that a tracker has given by host names (BEP 3), in the order in which they are resolved.
 *
 * A public name must not lead to a private address or to this machine. Names that cannot be resolved are left out.
 */
export const namedPeers = ({ resolve }: Pick<Env, 'resolve'>, named: readonly Endpoint[]): Observable<Endpoint> =>
  from(named).pipe(
    mergeMap(({ host, port }) => {
      const isAllowed = (address: string): boolean =>
        parseIp(address) !== undefined && (reachOf(address) === PUBLIC || !isFarHost(host));
      return resolve(host).pipe(
        take(1),
        mergeMap((found) => {
          const addresses = found.filter(isAllowed).slice(0, MAX_ADDRESSES);
          return addresses.length === 0 ? EMPTY : from(addresses.map((address) => ({ host: address, port })));
        }),
      );
    }, AT_ONCE),
  );
