import {
  catchError,
  concat,
  defer,
  EMPTY,
  expand,
  finalize,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  retry,
  takeUntil,
  tap,
  throwError,
  timer,
  toArray,
} from 'rxjs';
import { addressKind } from '../../protocol/encoding/reach.ts';
import type { Transport } from '../../protocol/nat/natPmp.ts';
import type { Gateway } from './gateways.ts';
import { LIFETIME, type Mapped, type Mapper, MapperError, type MapperOptions } from './mapper.ts';
import type { PortMapped } from './portMapped.ts';
import { natPmpMapper, pcpMapper } from './pmpMappers.ts';
import { upnpMapper } from './upnpMapper.ts';

/** Milliseconds until a router that does not map ports, or has stopped, is asked again. */
export const AGAIN = 10 * 60_000;
/** Milliseconds in which mappings are taken back at the end. */
export const GOODBYE = 2_000;
/** Milliseconds between renewals, whatever the router says of how long it remembers. */
const RENEWED = { least: 60_000, most: 12 * 3_600_000 };

export interface PortMappingOptions extends Pick<MapperOptions, 'env'> {
  /** The router now, if there is one. Emits once. */
  readonly gateway$: Observable<Gateway | undefined>;
  /** How it is asked, the best way first; by PCP, else by NAT-PMP, else by UPnP if absent. */
  readonly mappers?: readonly ((options: MapperOptions) => Mapper)[] | undefined;
  readonly port: number;
  /** Is told what is tried, and what comes of it. */
  readonly note?: ((what: string) => void) | undefined;
}

/** What has been asked of a router, and so has to be taken back. */
class Held {
  readonly #by = new Map<Transport, Mapper>();

  asked(transport: Transport, mapper: Mapper): void {
    this.#by.set(transport, mapper);
  }

  refused(transport: Transport): void {
    this.#by.delete(transport);
  }

  /** Takes everything back, in a bounded time; never errors. */
  release(port: number): Observable<unknown> {
    const all = [...this.#by].map(([transport, mapper]) => mapper.unmap(transport, port).pipe(catchError(() => EMPTY)));
    this.#by.clear();
    return merge(...all).pipe(takeUntil(timer(GOODBYE)));
  }
}

const one = (
  mapper: Mapper,
  transport: Transport,
  port: number,
  held: Held,
): Observable<readonly [Transport, Mapped]> =>
  defer(() => {
    held.asked(transport, mapper);
    return mapper.map(transport, port);
  }).pipe(
    mergeMap((mapped) => {
      if (mapped.external === port) return of([transport, mapped] as const);
      // A peer that hears of us is told our own port.
      const other = new MapperError(`it gave port ${mapped.external} instead`);
      return concat(
        mapper.unmap(transport, port).pipe(
          catchError(() => EMPTY),
          mergeMap(() => EMPTY),
        ),
        throwError(() => other),
      );
    }),
    tap({ error: () => held.refused(transport) }),
  );

type Round = PortMapped & { readonly lifetime: number };

const isOutside = (host: string | undefined): host is string => host !== undefined && addressKind(host) === 'public';

/** Asks for both transports. TCP is what matters: UDP may fail. */
const round = (mapper: Mapper, port: number, held: Held): Observable<Round> =>
  concat(
    one(mapper, 'tcp', port, held),
    one(mapper, 'udp', port, held).pipe(
      catchError((error: unknown) => (error instanceof MapperError ? EMPTY : throwError(() => error))),
    ),
  ).pipe(
    toArray(),
    map((all) => {
      const host = all.map(([, mapped]) => mapped.host).find(isOutside);
      const lifetime = Math.min(...all.map(([, mapped]) => mapped.lifetime || LIFETIME));
      return {
        by: mapper.name,
        port,
        transports: all.map(([each]) => each),
        lifetime,
        ...(host !== undefined && { host }),
      };
    }),
  );

const renewedIn = ({ lifetime }: Round): number => Math.max(RENEWED.least, Math.min(RENEWED.most, lifetime * 500));

/** Begins with the first way that works; goes on with it while it does. */
const byFirst = (
  mappers: readonly Mapper[],
  kept: (mapper: Mapper) => Observable<Round>,
  failed: (mapper: Mapper, error: MapperError) => void,
): Observable<Round> => {
  const none$: Observable<Round> = throwError(() => new MapperError('the router maps no ports'));
  return mappers.reduceRight((otherwise$, mapper) => {
    let worked = false;
    return kept(mapper).pipe(
      tap(() => (worked = true)),
      catchError((error: unknown) => {
        if (!(error instanceof MapperError)) return throwError(() => error);
        failed(mapper, error);
        return worked ? throwError(() => error) : otherwise$;
      }),
    );
  }, none$);
};

const shown = ({ by, port, transports, host }: Round): PortMapped => ({
  ...{ by, port, transports },
  ...(host !== undefined && { host }),
});

/**
 * Asks the router of this network to pass our port on to us, TCP and UDP: by the first way that works.
 *
 * ```
 *   PCP      -#
 *   NAT-PMP   --m-----30 min-----m---    renewed by half of the time that it is remembered for
 *   result   ----p---------------p---
 *   unsubscribed: what was asked for is taken back, within two seconds
 * ```
 *
 * Never completes and never errors: a router that can't, or is gone, is asked again after ten minutes. What routers say
 * is limited in length and time, and leads to nobody but the router itself.
 */
export const portMapping = ({
  env,
  gateway$,
  port,
  mappers = [pcpMapper, natPmpMapper, upnpMapper],
  note = () => undefined,
}: PortMappingOptions): Observable<PortMapped> =>
  defer(() => {
    const held = new Held();
    const kept = (mapper: Mapper): Observable<Round> =>
      round(mapper, port, held).pipe(
        expand((last) => timer(renewedIn(last)).pipe(mergeMap(() => round(mapper, port, held)))),
      );
    const tried$ = gateway$.pipe(
      mergeMap((router) => {
        if (router === undefined) throw new MapperError('there is no router');
        const made = mappers.map((make) => make({ env, gateway: router }));
        return byFirst(made, kept, ({ name }, { message }) => note(`${name} at ${router.host}: ${message}`));
      }),
    );
    const again = (error: unknown): Observable<unknown> => {
      if (!(error instanceof MapperError)) return throwError(() => error);
      note(error.message);
      return timer(AGAIN);
    };
    return tried$.pipe(
      tap((mapped) => note(`${mapped.by}: port ${port} is passed on (${mapped.transports.join(', ')})`)),
      map(shown),
      retry({ delay: again }),
      finalize(() => held.release(port).subscribe({ complete: () => note('what was asked for is taken back') })),
    );
  });
