import { map, merge, type Observable } from 'rxjs';
import { gateway, gatewaysOf6 } from './gateways.ts';
import { pinholes } from './pinholes.ts';
import type { PortMapped } from './portMapped.ts';
import { portMapping, type PortMappingOptions } from './portMapping.ts';
import { routesOf } from './routes.ts';

/** Asks the routers of this machine, of IPv4 and of IPv6. Never completes and never errors. */
export const mappedHere = (options: Omit<PortMappingOptions, 'gateway$' | 'mappers'>): Observable<PortMapped> => {
  const routes$ = routesOf();
  return merge(
    portMapping({ ...options, gateway$: routes$.pipe(map((table) => gateway(table))) }),
    pinholes({ ...options, gateways$: routes$.pipe(map((table) => gatewaysOf6(table))) }),
  );
};
