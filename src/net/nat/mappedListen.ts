import { ignoreElements, merge, type Observable, of, switchMap, tap } from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import type { PortMapped } from './portMapped.ts';

/**
 * The same as `listen`, and as long as a port is open it is mapped. That is not waited for, and a router that maps none
 * is no error. `told` hears of each mapping.
 */
export const mappedListen =
  (
    listen: Env['listen'],
    mapping: (port: number) => Observable<PortMapped>,
    told: (mapped: PortMapped) => void,
  ): Env['listen'] =>
  (options) =>
    listen(options).pipe(
      switchMap((listening) => merge(of(listening), mapping(listening.port).pipe(tap(told), ignoreElements()))),
    );
