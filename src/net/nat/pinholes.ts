import {
  distinctUntilChanged,
  exhaustMap,
  filter,
  from,
  groupBy,
  ignoreElements,
  endWith,
  mergeMap,
  Observable,
  of,
  share,
  switchMap,
  takeUntil,
  timer,
} from 'rxjs';
import type { Gateway } from './gateways.ts';
import { pcpMapper } from './pmpMappers.ts';
import type { PortMapped } from './portMapped.ts';
import { AGAIN, portMapping, type PortMappingOptions } from './portMapping.ts';

export interface PinholesOptions extends Omit<PortMappingOptions, 'gateway$' | 'mappers'> {
  /** The router of IPv6 beside each of our addresses, now. Emits once. */
  readonly gateways$: Observable<readonly Gateway[]>;
}

/**
 * Asks the router of IPv6 to let calls through to our port, at each of our addresses: by PCP (RFC 6887). Addresses that
 * come and go, as those that hide a machine do, are looked at every ten minutes.
 *
 * ```
 *   addresses  ab--10 min--b--
 *   a          -p----------!       what was asked for is taken back
 *   b          -p--------------
 *   result     -(pq)-----------
 * ```
 *
 * Never completes and never errors.
 */
export const pinholes = ({ gateways$, ...options }: PinholesOptions): Observable<PortMapped> => {
  const looks$ = timer(0, AGAIN).pipe(
    exhaustMap(() => gateways$),
    share(),
  );
  const without = (address: string): Observable<unknown> =>
    looks$.pipe(filter((all) => all.every(({ local }) => local !== address)));
  return looks$.pipe(
    mergeMap((all) => from(all)),
    groupBy(({ local }) => local, { duration: ({ key }) => without(key) }),
    mergeMap((group$) =>
      group$.pipe(
        distinctUntilChanged((before, after) => before.host === after.host),
        switchMap((gateway) => portMapping({ ...options, gateway$: of(gateway), mappers: [pcpMapper] })),
        takeUntil(group$.pipe(ignoreElements(), endWith(undefined))),
      ),
    ),
  );
};
