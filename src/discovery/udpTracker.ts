import { catchError, defer, EMPTY, filter, map, merge, mergeMap, type Observable, of, retry, take, throwError, timeout } from 'rxjs';
import { now } from '../clock.ts';
import type { Datagram, Env, UdpEndpoint, UdpSocket } from '../env.ts';
import { InputError, TrackerError } from '../errors.ts';
import { formatIp, parseIp } from '../protocol/ip.ts';
import { Malformed } from '../protocol/malformed.ts';
import { shownUrl } from '../protocol/shownUrl.ts';
import { decodeUdpReply, encodeAnnounce, encodeConnect, transactionOf, type UdpReply } from '../protocol/udpTracker.ts';
import type { Announce } from './announce.ts';
import { trackerAddresses, type Given } from './trackerAddresses.ts';

/** Milliseconds until a question is asked again, the first time; twice as long each time. BEP 15. */
export const FIRST_RESEND = 15_000;
/** How often it is asked again: the last wait is more than an hour. BEP 15. */
export const RESENDS = 8;
/** Milliseconds that a connection id may be used for. BEP 15. */
export const ID_LIFETIME = 60_000;
/** Trackers remembered, those asked first forgotten first. */
export const MAX_REMEMBERED = 400;

export type UdpEnv = Pick<Env, 'bindUdp' | 'resolve' | 'randomBytes'>;

/** What a tracker is asked when there is a connection id, and what kind of answer is one. */
export interface UdpQuestion<Type extends UdpReply['type']> {
  readonly type: Type;
  readonly encode: (connectionId: Uint8Array, transaction: number) => Uint8Array;
}

type Answer<Type> = Extract<UdpReply, { readonly type: Type }>;

/** What one download remembers of its UDP trackers: connection ids, and at which address of a host somebody answered. */
export class UdpMemory {
  readonly #ids = new Map<string, { readonly id: Uint8Array; readonly since: number }>();
  readonly #homes = new Map<string, string>();

  /** By address and port: undefined if there is none, or none that is young enough. */
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

  answered(url: string, host: string): void {
    bounded(this.#homes).set(url, host);
  }

  home(url: string): string | undefined {
    return this.#homes.get(url);
  }
}

const bounded = <Item>(items: Map<string, Item>): Map<string, Item> => {
  const [oldest] = items.keys();
  if (items.size >= MAX_REMEMBERED && oldest !== undefined) items.delete(oldest);
  return items;
};

/**
 * Announces once over UDP.
 *
 * ```
 *   subscribe  -----(r|)
 *   failure    --#              TrackerError: failure-reason, with the tracker's words
 *   silence    15s …30s …60s    asked again each time, from another port; `timeout` after eight times
 *   unsubscribed: the socket is closed
 * ```
 *
 * Connection ids are used for a minute, those of `memory` too; one that the tracker has forgotten is replaced at once.
 * What does not come from the tracker's address, does not answer our question or makes no sense is passed over.
 * Also errors with those of `trackerAddresses`, and with `unreachable` when no socket is to be had. BEP 15, 41.
 */
export const announceOverUdp =
  (env: UdpEnv, given: Given = () => false, memory = new UdpMemory()): Announce =>
  (url, query) =>
    askOverUdp(
      env,
      given,
      memory,
    )(url, { type: 'announce', encode: (id, transaction) => encodeAnnounce(id, transaction, query, url) }).pipe(map(({ reply }) => reply));

/** One question and its answer, as {@link announceOverUdp}. */
export const askOverUdp =
  (env: UdpEnv, given: Given, memory: UdpMemory) =>
  <Type extends UdpReply['type']>(url: string, question: UdpQuestion<Type>): Observable<Answer<Type>> =>
    defer(() => {
      let sent = 0;
      const attempt$ = defer(() => {
        const turn = sent++;
        const wait = FIRST_RESEND * 2 ** turn;
        let key = '';
        const silent = () => {
          // Whoever forgets us need not say so.
          memory.forget(key);
          return new TrackerError('timeout', `${shownUrl(url)}: no answer within ${wait / 1000} s`);
        };
        return trackerAddresses(env, url, given).pipe(
          mergeMap((addresses) => {
            const to = inTurn(addresses, memory.home(url), turn);
            key = `${to.host} ${to.port}`;
            return conversation(env, url, to, question, memory);
          }),
          timeout({ first: wait, with: () => throwError(silent) }),
        );
      });
      const again = (error: unknown) => (error instanceof TrackerError && error.code === 'timeout' ? of(0) : throwError(() => error));
      return attempt$.pipe(retry({ count: RESENDS, delay: again }));
    });

/** Who answered last comes first; whoever is silent makes room for the next address. */
const inTurn = (addresses: readonly [UdpEndpoint, ...UdpEndpoint[]], home: string | undefined, turn: number): UdpEndpoint => {
  const first = Math.max(
    0,
    addresses.findIndex(({ host }) => host === home),
  );
  return addresses[(first + turn) % addresses.length] ?? addresses[0];
};

const conversation = <Type extends UdpReply['type']>(
  { bindUdp, randomBytes }: UdpEnv,
  url: string,
  to: UdpEndpoint,
  question: UdpQuestion<Type>,
  memory: UdpMemory,
): Observable<Answer<Type>> => {
  const family = parseIp(to.host)?.length === 16 ? 6 : 4;
  const key = `${to.host} ${to.port}`;
  const talk = (socket: UdpSocket): Observable<Answer<Type>> => {
    const ask = <Kind extends UdpReply['type']>(type: Kind, encode: (transaction: number) => Uint8Array): Observable<Answer<Kind>> =>
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
  return bindUdp({ family }).pipe(
    // Only a socket can fail here: what it carries never does.
    catchError((error: unknown) =>
      throwError(() => (error instanceof InputError ? new TrackerError('unreachable', `${shownUrl(url)}: ${error.message}`, { cause: error }) : error)),
    ),
    mergeMap(talk),
    map((answer) => {
      memory.answered(url, to.host);
      return answer;
    }),
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

/** One packet there and its answer back, however long that takes. */
const exchange = <Type extends UdpReply['type']>({ socket, to, family, url, type, transaction, encode }: Exchange<Type>): Observable<Answer<Type>> => {
  const isAnswer = (reply: UdpReply): reply is Answer<Type> => reply.type === type;
  const answer$ = socket.datagrams$.pipe(
    filter(({ bytes, from }) => from.port === to.port && transactionOf(bytes) === transaction && sameHost(from.host, to.host)),
    mergeMap((datagram) => {
      const reply = understood(datagram, family);
      if (reply?.type === 'error') return throwError(() => new TrackerError('failure-reason', `${shownUrl(url)}: says "${reply.reason}"`));
      return reply !== undefined && isAnswer(reply) ? of(reply) : EMPTY;
    }),
  );
  const send$ = defer(() => {
    socket.send(encode(transaction), to);
    return EMPTY;
  });
  return merge(answer$, send$).pipe(take(1));
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
