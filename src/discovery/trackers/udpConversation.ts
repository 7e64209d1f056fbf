import { catchError, defer, EMPTY, filter, map, merge, mergeMap, type Observable, of, take, throwError } from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import { NetworkError, TrackerError } from '../../contracts/errors.ts';
import type { Datagram, UdpEndpoint, UdpSocket } from '../../contracts/network.ts';
import { addressKey } from '../../protocol/encoding/address.ts';
import { formatIp, parseIp } from '../../protocol/encoding/ip.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import {
  decodeUdpReply,
  encodeConnect,
  transactionOf,
  type UdpReply,
} from '../../protocol/tracker/udpTrackerPackets.ts';
import { familyOf } from './families.ts';
import type { UdpMemory } from './udpMemory.ts';

export type UdpEnv = Pick<Env, 'bindUdp' | 'resolve' | 'randomBytes'>;

/** The request to send when there is a connection id, and the type of its answer. */
export interface UdpQuestion<Type extends UdpReply['type']> {
  readonly type: Type;
  readonly encode: (connectionId: Uint8Array, transaction: number) => Uint8Array;
}

/** The answer of that type. */
export type UdpAnswer<Type> = Extract<UdpReply, { readonly type: Type }>;

/** A socket of ours, and the tracker that is asked by it. */
interface Line {
  readonly socket: UdpSocket;
  readonly to: UdpEndpoint;
  readonly family: 4 | 6;
  readonly url: string;
  readonly randomBytes: Env['randomBytes'];
}

/** Asks a tracker at one address, for as long as it takes to answer. Errors with a `TrackerError` if it can't be. */
export const conversation = <Type extends UdpReply['type']>(
  { bindUdp, randomBytes }: UdpEnv,
  url: string,
  to: UdpEndpoint,
  question: UdpQuestion<Type>,
  memory: UdpMemory,
): Observable<UdpAnswer<Type>> => {
  const family = familyOf(to.host);
  return bindUdp({ family, to }).pipe(
    // Only a socket can fail here; invalid packets never cause an error.
    catchError((error: unknown) =>
      throwError(() =>
        error instanceof NetworkError
          ? new TrackerError('unreachable', `${shownUrl(url)}: ${error.message}`, { cause: error })
          : error,
      ),
    ),
    mergeMap((socket) => talk({ socket, to, family, url, randomBytes }, question, memory)),
    take(1),
  );
};

/** Asks under a connection id: one that is remembered, unless the tracker has forgotten it, else a new one. */
const talk = <Type extends UdpReply['type']>(
  line: Line,
  question: UdpQuestion<Type>,
  memory: UdpMemory,
): Observable<UdpAnswer<Type>> => {
  const key = addressKey(line.to);
  const connect$ = exchange(line, 'connect', encodeConnect).pipe(
    map(({ connectionId }) => {
      memory.connected(key, connectionId);
      return connectionId;
    }),
  );
  const answer$ = defer((): Observable<UdpAnswer<Type>> => {
    const known = memory.id(key);
    const asked$ = (known === undefined ? connect$ : of(known)).pipe(
      mergeMap((id) => exchange(line, question.type, (transaction) => question.encode(id, transaction))),
    );
    if (known === undefined) return asked$;
    return asked$.pipe(
      catchError(() => {
        memory.forget(key);
        return answer$;
      }),
    );
  });
  return answer$;
};

/** Sends one packet and waits for its answer, however long that takes. */
const exchange = <Type extends UdpReply['type']>(
  { socket, to, family, url, randomBytes }: Line,
  type: Type,
  encode: (transaction: number) => Uint8Array,
): Observable<UdpAnswer<Type>> => {
  const transaction = Buffer.from(randomBytes(4)).readUInt32BE();
  const isAnswer = (reply: UdpReply): reply is UdpAnswer<Type> => reply.type === type;
  const answer$ = socket.datagrams$.pipe(
    filter(
      ({ bytes, from }) =>
        from.port === to.port && transactionOf(bytes) === transaction && sameHost(from.host, to.host),
    ),
    mergeMap((datagram) => {
      const reply = understood(datagram, family);
      if (reply?.type === 'error')
        return throwError(() => new TrackerError('failure-reason', `${shownUrl(url)}: says "${reply.reason}"`, reply));
      return reply !== undefined && isAnswer(reply) ? of(reply) : EMPTY;
    }),
  );
  const refused$ = socket.undelivered$.pipe(
    mergeMap(({ why }) => throwError(() => new TrackerError('unreachable', `${shownUrl(url)}: ${why}`))),
  );
  const send$ = defer(() => {
    socket.send(encode(transaction), to);
    return EMPTY;
  });
  return merge(answer$, refused$, send$).pipe(take(1));
};

const understood = ({ bytes }: Datagram, family: 4 | 6): UdpReply | undefined => {
  try {
    return decodeUdpReply(bytes, family);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
};

const canonical = (host: string): string => {
  const ip = parseIp(host.replace(/%.*$/, ''));
  return ip === undefined ? host : formatIp(ip);
};

const sameHost = (one: string, other: string): boolean => one === other || canonical(one) === canonical(other);
