import { catchError, filter, map, merge, mergeMap, type Observable, of, take, throwError, timeout } from 'rxjs';
import type { HttpReply } from '../../contracts/network.ts';
import type { Transport } from '../../protocol/nat/natPmp.ts';
import {
  type IgdControl,
  locationIn,
  searchMessage,
  serviceIn,
  soapBody,
  soapValue,
  SSDP,
} from '../../protocol/nat/upnp.ts';
import {
  asMapperError,
  LIFETIME,
  type Mapped,
  type Mapper,
  MapperError,
  type MapperOptions,
  repeatedly,
} from './mapper.ts';

/** Milliseconds at which routers are looked for, and until that is given up. */
const SEARCHED_AT = [0, 500, 1_500];
const FOUND_WITHIN = 3_500;
/** Milliseconds for one request, and bytes of an answer. */
const ANSWERS_WITHIN = 4_000;
const MAX_BYTES = 128 * 1024;
/** The router keeps mappings for ever, or not at all. */
const PERMANENT_ONLY = '725';

/** Where a service is asked, and what it is. */
interface Control extends Pick<IgdControl, 'type'> {
  readonly url: string;
}

/** A URL at the router itself: what it says must not lead us to anybody else. */
const atRouter = (text: string, host: string, base?: string): string => {
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined;
  if (url?.protocol === 'http:' && url.hostname === host) return url.href;
  throw new MapperError('it sends us to another machine, which is refused');
};

const textOf = ({ body }: HttpReply): string => new TextDecoder('latin1').decode(body);

/** Looks for the router in the local network, and asks what it can do. */
const control = ({ env, gateway: { host } }: MapperOptions): Observable<Control> => {
  const locations$ = env.bindUdp({ family: 4 }).pipe(
    mergeMap((socket) => {
      const asks$ = repeatedly(SEARCHED_AT, () => socket.send(searchMessage(), SSDP));
      const found$ = socket.datagrams$.pipe(
        // Nobody but the router of our own network.
        filter(({ from }) => from.host === host),
        map(({ bytes }) => locationIn(bytes)),
        filter((location) => location !== undefined),
      );
      return merge(found$, asks$);
    }),
    take(1),
    timeout({ first: FOUND_WITHIN, with: () => throwError(() => new MapperError('it does not answer')) }),
  );
  return locations$.pipe(
    map((location) => atRouter(location, host)),
    mergeMap((url) =>
      env.httpGet({ url, maxBytes: MAX_BYTES, timeout: ANSWERS_WITHIN, permits: (address) => address === host }).pipe(
        map((reply): Control => {
          const service = serviceIn(textOf(reply));
          if (service === undefined) throw new MapperError('it maps no ports');
          return { type: service.type, url: atRouter(service.control, host, url) };
        }),
      ),
    ),
  );
};

const act = (
  { env, gateway: { host } }: MapperOptions,
  { url, type }: Control,
  action: string,
  values: Readonly<Record<string, string>> = {},
): Observable<string> =>
  env
    .httpGet({
      url,
      post: soapBody(type, action, values),
      headers: { 'content-type': 'text/xml; charset="utf-8"', soapaction: `"${type}#${action}"` },
      maxBytes: MAX_BYTES,
      timeout: ANSWERS_WITHIN,
      permits: (address) => address === host,
    })
    .pipe(
      map((reply) => {
        const text = textOf(reply);
        if (reply.status === 200) return text;
        const code = soapValue(text, 'errorCode');
        throw new MapperError(code === undefined ? `it answers ${reply.status}` : `it says error ${code}`, {
          cause: code,
        });
      }),
    );

const portOf = (transport: Transport, port: number): Readonly<Record<string, string>> => ({
  NewRemoteHost: '',
  NewExternalPort: String(port),
  NewProtocol: transport.toUpperCase(),
});

/** A router that keeps no mapping for a time only keeps it until it is taken back. */
const add = (
  options: MapperOptions,
  at: Control,
  transport: Transport,
  port: number,
  lifetime = LIFETIME,
): Observable<Mapped> =>
  act(options, at, 'AddPortMapping', {
    ...portOf(transport, port),
    NewInternalPort: String(port),
    NewInternalClient: options.gateway.local,
    NewEnabled: '1',
    NewPortMappingDescription: 'rxtorrent',
    NewLeaseDuration: String(lifetime),
  }).pipe(
    map((): Mapped => ({ external: port, lifetime })),
    catchError((error: unknown) =>
      error instanceof MapperError && error.cause === PERMANENT_ONLY && lifetime > 0
        ? add(options, at, transport, port, 0)
        : throwError(() => error),
    ),
  );

const outside = (options: MapperOptions, at: Control): Observable<string | undefined> =>
  act(options, at, 'GetExternalIPAddress').pipe(
    map((text) => soapValue(text, 'NewExternalIPAddress')),
    catchError(() => of(undefined)),
  );

/** UPnP IGD, versions 1 and 2. The router is looked for once. */
export const upnpMapper = (options: MapperOptions): Mapper => {
  let known: Control | undefined;
  const found = (): Observable<Control> =>
    known === undefined ? control(options).pipe(map((at) => (known = at))) : of(known);
  const mapped = (at: Control, transport: Transport, port: number): Observable<Mapped> =>
    add(options, at, transport, port).pipe(
      mergeMap((there) => outside(options, at).pipe(map((host): Mapped => ({ ...there, host })))),
    );
  return {
    name: 'UPnP',
    map: (transport, port) =>
      found().pipe(
        mergeMap((at) => mapped(at, transport, port)),
        catchError(asMapperError),
      ),
    unmap: (transport, port) =>
      found().pipe(
        mergeMap((at) => act(options, at, 'DeletePortMapping', portOf(transport, port))),
        catchError(asMapperError),
      ),
  };
};
