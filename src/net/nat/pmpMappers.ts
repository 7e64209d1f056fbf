import { isIPv6 } from 'node:net';
import {
  catchError,
  concat,
  defer,
  EMPTY,
  filter,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  take,
  throwError,
  timeout,
  toArray,
} from 'rxjs';
import type { Datagram, UdpOptions } from '../../contracts/network.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import {
  decodeNatPmp,
  encodeExternalAsk,
  encodeNatPmpAsk,
  type MapAsk,
  NAT_PORT,
  type NatPmpReply,
} from '../../protocol/nat/natPmp.ts';
import { decodePcp, encodePcpAsk, NONCE, type PcpReply } from '../../protocol/nat/pcp.ts';
import {
  asMapperError,
  LIFETIME,
  type Mapped,
  type Mapper,
  MapperError,
  type MapperOptions,
  repeatedly,
} from './mapper.ts';

/** Milliseconds at which a router is asked, and until it is given up. */
const ASKED_AT = [0, 250, 750, 1_750];
const ANSWERS_WITHIN = 3_750;

type Refused = { readonly type: 'refused'; readonly why: string };

/** Asks a router, several times if it is silent. Emits what it says, if that is an answer to this. */
const asked = <Reply extends { readonly type: string }>(
  { env, gateway }: MapperOptions,
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => Reply | Refused,
  isAnswer: (reply: Reply) => boolean,
): Observable<Reply> => {
  const to = { host: gateway.host, port: NAT_PORT };
  const late = (): MapperError => new MapperError('it does not answer');
  const read = ({ bytes: came }: Datagram): Observable<Reply> => {
    const reply = decoded(came, decode);
    if (reply === undefined) return EMPTY;
    if (isRefused(reply)) return throwError(() => new MapperError(reply.why));
    return isAnswer(reply) ? of(reply) : EMPTY;
  };
  // A router of IPv6 lets calls through to the address that asks, and no other.
  const way: UdpOptions = isIPv6(to.host) ? { family: 6, to, host: gateway.local } : { family: 4, to };
  return env.bindUdp(way).pipe(
    mergeMap((socket) => {
      const replies$ = socket.datagrams$.pipe(
        filter(({ from }) => from.host === to.host && from.port === to.port),
        mergeMap(read),
      );
      const refused$ = socket.undelivered$.pipe(mergeMap(({ why }) => throwError(() => new MapperError(why))));
      const asks$ = repeatedly(ASKED_AT, () => socket.send(new Uint8Array(bytes), to));
      return merge(replies$, refused$, asks$);
    }),
    take(1),
    timeout({ first: ANSWERS_WITHIN, with: () => throwError(late) }),
    catchError(asMapperError),
  );
};

const isRefused = (reply: { readonly type: string }): reply is Refused => reply.type === 'refused';

const decoded = <Reply>(bytes: Uint8Array, decode: (bytes: Uint8Array) => Reply): Reply | undefined => {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
};

type PmpMapped = Extract<NatPmpReply, { readonly type: 'mapped' | 'external' }>;

/** NAT-PMP (RFC 6886). */
export const natPmpMapper = (options: MapperOptions): Mapper => {
  const ask = (wish: MapAsk) =>
    asked<PmpMapped>(options, encodeNatPmpAsk(wish), decodeNatPmp, (reply) => {
      return reply.type === 'mapped' && reply.transport === wish.transport && reply.port === wish.port;
    });
  const outside$ = defer(() =>
    asked<PmpMapped>(options, encodeExternalAsk(), decodeNatPmp, ({ type }) => type === 'external'),
  ).pipe(catchError(() => EMPTY));
  return {
    name: 'NAT-PMP',
    map: (transport, port) =>
      concat(ask({ transport, port, lifetime: LIFETIME }), outside$).pipe(
        toArray(),
        map(([mapped, external]): Mapped => {
          if (mapped?.type !== 'mapped') throw new MapperError('it does not answer');
          const host = external?.type === 'external' ? external.host : undefined;
          return { external: mapped.external, lifetime: mapped.lifetime, host };
        }),
      ),
    unmap: (transport, port) => ask({ transport, port, lifetime: 0 }),
  };
};

type PcpMapped = Extract<PcpReply, { readonly type: 'mapped' }>;

/** PCP (RFC 6887). A host that knows the nonce of a mapping can change it and take it back. */
export const pcpMapper = (options: MapperOptions): Mapper => {
  const nonce = options.env.randomBytes(NONCE);
  const ask = (wish: MapAsk) =>
    asked<PcpMapped>(options, encodePcpAsk(wish, options.gateway.local, nonce), decodePcp, (reply) => {
      return reply.port === wish.port && reply.nonce.every((byte, at) => byte === nonce[at]);
    });
  return {
    name: 'PCP',
    map: (transport, port) =>
      ask({ transport, port, lifetime: LIFETIME }).pipe(
        map(({ external, host, lifetime }): Mapped => ({ external, host, lifetime })),
      ),
    unmap: (transport, port) => ask({ transport, port, lifetime: 0 }),
  };
};
