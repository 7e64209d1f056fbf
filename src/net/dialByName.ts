import { map, mergeMap, type Observable, throwError } from 'rxjs';
import type { Env } from '../contracts/env.ts';
import { NetworkError } from '../contracts/errors.ts';
import type { PeerAddress, Wire } from '../contracts/network.ts';
import { rewired } from '../contracts/wires.ts';
import { addressText } from '../protocol/encoding/address.ts';
import { raced } from './raced.ts';

/**
 * Dials the addresses that the name of a peer leads to, as Happy Eyeballs do; the wire is known by the name. Errors as
 * `dial` does, and with `unknown-host` if there is no address.
 */
export const dialByName = (
  resolve: Env['resolve'],
  address: PeerAddress,
  dial: (host: string) => Observable<Wire>,
): Observable<Wire> =>
  resolve(address.host).pipe(
    mergeMap((found) =>
      found.length === 0
        ? throwError(() => new NetworkError('unknown-host', addressText(address), 'its host has no address'))
        : raced(found, dial),
    ),
    map((wire) => rewired(wire, { address })),
  );
