import {
  catchError,
  defer,
  EMPTY,
  filter,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  retry,
  take,
  tap,
  throwError,
  timeout,
} from 'rxjs';
import { now } from '../../contracts/clock.ts';
import type { Env } from '../../contracts/env.ts';
import type { Datagram, UdpEndpoint, UdpSocket } from '../../contracts/network.ts';
import { NetworkError, TrackerError } from '../../contracts/errors.ts';
import { addressKey } from '../../protocol/encoding/address.ts';
import { formatIp, parseIp } from '../../protocol/encoding/ip.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import {
  decodeUdpReply,
  encodeAnnounce,
  encodeConnect,
  transactionOf,
  type UdpReply,
} from '../../protocol/tracker/udpTrackerPackets.ts';
import type { Announce } from './announce.ts';
import { byEach, familyOf, hostOf, Ways } from './families.ts';
import { trackerAddresses, type Given, type Row } from './trackerAddresses.ts';

/** Milliseconds until a request is repeated for the first time; doubled each time. BEP 15. */
export const FIRST_RESEND = 15_000;
/** Maximum number of repetitions: the last wait is longer than an hour. BEP 15. */
export const RESENDS = 8;
/** Milliseconds for which a connection id may be used. BEP 15. */
export const ID_LIFETIME = 60_000;
/** Maximum number of trackers remembered; the oldest are forgotten first. */
export const MAX_REMEMBERED = 400;

export type UdpEnv = Pick<Env, 'bindUdp' | 'resolve' | 'randomBytes'>;

/** The request to send when there is a connection id, and the type of its answer. */
export interface UdpQuestion<Type extends UdpReply['type']> {
  readonly type: Type;
  readonly encode: (connectionId: Uint8Array, transaction: number) => Uint8Array;
}

type Answer<Type> = Extract<UdpReply, { readonly type: Type }>;

/**
 * What is remembered about UDP trackers: connection ids, the address of a host that answered, and the address family by
 * which it did not.
 */
export class UdpMemory {
  readonly ways: Ways;
  readonly #ids = new Map<string, { readonly id: Uint8Array; readonly since: number }>();
  readonly #homes = new Map<string, string>();

  constructor(ways = new Ways()) {
    this.ways = ways;
  }

  /** The connection id for an address and port; undefined if there is none, or it has expired. */
  id(key: string): Uint8Array | undefined {
    const known = this.#ids.get(key);
    return known !== undefined && now() - known.since < ID_LIFETIME ? known.id : undefined;
  }

  connected(key: string, id: Uint8Array): void {
    bounded(this.#ids).set(key, { id, since: now() });
  }

  forget(key: string): void {
    this.#ids.delete(key);
  }

  /** `place` stands for a tracker and an address family. */
  answered(place: string, host: string): void {
    bounded(this.#homes).set(place, host);
  }

  home(place: string): string | undefined {
    return this.#homes.get(place);
  }
}

const bounded = <Item>(items: Map<string, Item>): Map<string, Item> => {
  const [oldest] = items.keys();
  if (items.size >= MAX_REMEMBERED && oldest !== undefined) items.delete(oldest);
  return items;
};

/**
 * Announces once over UDP, by each address family of the tracker's host, concurrently (BEP 7).
 *
 * ```
 *   subscribe  ---r-(r|)        one reply by IPv4, one by IPv6
 *   no way     -#               `unreachable`, when the system says so of each address, one after the other
 *   failure    --#              TrackerError: failure-reason, with the tracker's words
 *   silence    15s …30s …60s    asked again each time, from another port; `timeout` after eight times
 *   unsubscribed: the socket is closed
 * ```
 *
 * An address family that fails is ignored if the other one leads to an answer. Connection ids are used for a minute,
 * including those of `memory`; one that the tracker has forgotten is replaced immediately. Packets that do not come
 * from the tracker's address, do not answer our request or are invalid are ignored. Also errors with those of
 * `trackerAddresses`, and with `unreachable` if no socket is available. BEP 15, 41.
 */
export const announceOverUdp =
  (env: UdpEnv, given: Given = () => false, memory = new UdpMemory()): Announce =>
  (url, query) =>
    askOverUdp(
      env,
      given,
      memory,
    )(url, { type: 'announce', encode: (id, transaction) => encodeAnnounce(id, transaction, query, url) }).pipe(
      map(({ reply }) => reply),
    );

/** Sends one request and emits its answers, as {@link announceOverUdp} does. */
export const askOverUdp =
  (env: UdpEnv, given: Given, memory: UdpMemory) =>
  <Type extends UdpReply['type']>(url: string, question: UdpQuestion<Type>): Observable<Answer<Type>> =>
    defer(() => trackerAddresses(env, url, given)).pipe(
      take(1),
      mergeMap((rows) => {
        const ways = rows.map((row) => ({
          family: familyOf(row[0].host),
          ask$: askFamily({ env, url, given, memory }, row, question),
        }));
        return byEach(ways, hostOf(url), memory.ways);
      }),
    );

interface Tracked {
  readonly env: UdpEnv;
  readonly url: string;
  readonly given: Given;
  readonly memory: UdpMemory;
}

/** Asks by one address family: repeatedly, at one address after the other, until the tracker answers. */
const askFamily = <Type extends UdpReply['type']>(
  tracked: Tracked,
  found: Row,
  question: UdpQuestion<Type>,
): Observable<Answer<Type>> =>
  defer(() => {
    const { env, url, given, memory } = tracked;
    const place = `${familyOf(found[0].host)} ${url}`;
    let sent = 0;
    let asked = found[0];
    const attempt$ = defer(() => {
      const turn = sent++;
      const wait = FIRST_RESEND * 2 ** turn;
      const silent = () => {
        // A tracker that has forgotten our connection id need not say so.
        memory.forget(addressKey(asked));
        return new TrackerError('timeout', `${shownUrl(url)}: no answer within ${wait / 1000} s`);
      };
      const row$ =
        turn === 0 ? of(found) : trackerAddresses(env, url, given).pipe(map((rows) => sameFamily(rows, found)));
      return row$.pipe(
        take(1),
        // The address has worked before, so it is used even if the lookup fails now.
        catchError((error: unknown) => (error instanceof TrackerError ? of(found) : throwError(() => error))),
        mergeMap((row) => {
          const ask = (to: UdpEndpoint) =>
            defer(() => {
              asked = to;
              return conversation(env, url, to, question, memory).pipe(tap(() => memory.answered(place, to.host)));
            });
          return firstReachable(inTurn(row, memory.home(place), turn).map(ask));
        }),
        timeout({ first: wait, with: () => throwError(silent) }),
      );
    });
    const again = (error: unknown) =>
      error instanceof TrackerError && error.code === 'timeout' ? of(0) : throwError(() => error);
    return attempt$.pipe(retry({ count: RESENDS, delay: again }));
  });

const sameFamily = (rows: readonly Row[], found: Row): Row =>
  rows.find(([{ host }]) => familyOf(host) === familyOf(found[0].host)) ?? found;

/** Orders addresses: the one that answered last comes first; a silent one makes room for the next. */
const inTurn = (addresses: Row, home: string | undefined, turn: number): readonly UdpEndpoint[] => {
  const at = addresses.findIndex(({ host }) => host === home);
  const first = (Math.max(0, at) + turn) % addresses.length;
  return [...addresses.slice(first), ...addresses.slice(0, first)];
};

/** An error from the system counts as an answer: the next address is tried immediately. */
const firstReachable = <T>(asks: readonly Observable<T>[]): Observable<T> =>
  asks.reduceRight((others, ask$) =>
    ask$.pipe(
      catchError((error: unknown) =>
        error instanceof TrackerError && error.code === 'unreachable' ? others : throwError(() => error),
      ),
    ),
  );

const conversation = <Type extends UdpReply['type']>(
  { bindUdp, randomBytes }: UdpEnv,
  url: string,
  to: UdpEndpoint,
  question: UdpQuestion<Type>,
  memory: UdpMemory,
): Observable<Answer<Type>> => {
  const family = familyOf(to.host);
  const key = addressKey(to);
  const talk = (socket: UdpSocket): Observable<Answer<Type>> => {
    const ask = <Kind extends UdpReply['type']>(
      type: Kind,
      encode: (transaction: number) => Uint8Array,
    ): Observable<Answer<Kind>> =>
      exchange({ socket, to, family, url, type, encode, transaction: Buffer.from(randomBytes(4)).readUInt32BE() });
    const connect$ = ask('connect', encodeConnect).pipe(
      map(({ connectionId }) => {
        memory.connected(key, connectionId);
        return connectionId;
      }),
    );
    const connected$ = defer((): Observable<Answer<Type>> => {
      const known = memory.id(key);
      const answer$ = (known === undefined ? connect$ : of(known)).pipe(
        mergeMap((id) => ask(question.type, (transaction) => question.encode(id, transaction))),
      );
      if (known === undefined) return answer$;
      return answer$.pipe(
        catchError(() => {
          memory.forget(key);
          return connected$;
        }),
      );
    });
    return connected$;
  };
  return bindUdp({ family, to }).pipe(
    // Only a socket can fail here; invalid packets never cause an error.
    catchError((error: unknown) =>
      throwError(() =>
        error instanceof NetworkError
          ? new TrackerError('unreachable', `${shownUrl(url)}: ${error.message}`, { cause: error })
          : error,
      ),
    ),
    mergeMap(talk),
    take(1),
  );
};

interface Exchange<Type> {
  readonly socket: UdpSocket;
  readonly to: UdpEndpoint;
  readonly family: 4 | 6;
  readonly url: string;
  readonly type: Type;
  readonly transaction: number;
  readonly encode: (transaction: number) => Uint8Array;
}

/** Sends one packet and waits for its answer, however long that takes. */
const exchange = <Type extends UdpReply['type']>({
  socket,
  to,
  family,
  url,
  type,
  transaction,
  encode,
}: Exchange<Type>): Observable<Answer<Type>> => {
  const isAnswer = (reply: UdpReply): reply is Answer<Type> => reply.type === type;
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
