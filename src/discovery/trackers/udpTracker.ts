import { catchError, defer, map, mergeMap, type Observable, of, retry, take, tap, throwError, timeout } from 'rxjs';
import type { UdpEndpoint } from '../../contracts/network.ts';
import { TrackerError } from '../../contracts/errors.ts';
import { addressKey } from '../../protocol/encoding/address.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import { encodeAnnounce, type UdpReply } from '../../protocol/tracker/udpTrackerPackets.ts';
import type { Announce } from './announce.ts';
import { byEach, familyOf, hostOf } from './families.ts';
import { trackerAddresses, type Given, type Row } from './trackerAddresses.ts';
import { conversation, type UdpAnswer, type UdpEnv, type UdpQuestion } from './udpConversation.ts';
import { UdpMemory } from './udpMemory.ts';

/** Milliseconds until a request is repeated for the first time; doubled each time. BEP 15. */
export const FIRST_RESEND = 15_000;
/** Maximum number of repetitions: the last wait is longer than an hour. BEP 15. */
export const RESENDS = 8;

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
  (url, query, { sent } = {}) => {
    const encode = (id: Uint8Array, transaction: number): Uint8Array => {
      sent?.();
      return encodeAnnounce(id, transaction, query, url);
    };
    return askOverUdp(env, given, memory)(url, { type: 'announce', encode }).pipe(map(({ reply }) => reply));
  };

/** Sends one request and emits its answers, as {@link announceOverUdp} does. */
export const askOverUdp =
  (env: UdpEnv, given: Given, memory: UdpMemory) =>
  <Type extends UdpReply['type']>(url: string, question: UdpQuestion<Type>): Observable<UdpAnswer<Type>> =>
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
): Observable<UdpAnswer<Type>> =>
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
