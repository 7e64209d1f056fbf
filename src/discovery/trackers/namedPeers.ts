import { EMPTY, from, mergeMap, type Observable, take } from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import type { Endpoint } from '../../protocol/encoding/compact.ts';
import { parseIp } from '../../protocol/encoding/ip.ts';
import { isFarHost, PUBLIC, reachOf } from '../../protocol/encoding/reach.ts';

/** Addresses of one name that are taken for a peer's, and names that are looked up at one time. */
const MAX_ADDRESSES = 2;
const AT_ONCE = 4;

/**
 * Where the peers are that a tracker has given by their names (BEP 3), in the order in which that is found out.
 *
 * A name that claims to be far away must not lead to a private address or to this machine. Those that lead nowhere are
 * left out.
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
