import {
  catchError,
  concat,
  defer,
  EMPTY,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  Subject,
  switchMap,
  takeUntil,
  tap,
  throwError,
  timeout,
  timer,
} from 'rxjs';
import { now } from '../../contracts/clock.ts';
import type { Env } from '../../contracts/env.ts';
import type { HttpReply, HttpRequest } from '../../contracts/network.ts';
import { asTrackerError } from '../../contracts/blame.ts';
import { TrackerError } from '../../contracts/errors.ts';
import type { Family } from '../../protocol/dht/krpc.ts';
import { parseIp } from '../../protocol/encoding/ip.ts';

/** Without `resolve` a web server is asked by its URL alone. */
export type WebEnv = Pick<Env, 'httpGet'> & Partial<Pick<Env, 'resolve'>>;

/** Milliseconds for an answer by the other address family, once one has answered. */
export const OTHER_WITHIN = 3_000;
/**
 * Milliseconds after which a web server is asked by its URL although its name is still being resolved: longer than any
 * lookup takes.
 */
const KNOWN_WITHIN = 12_000;
/** Milliseconds for which an address family is not used, after a host was silent by it and answered by the other. */
export const LEFT_OUT_FOR = 60_000;
/** Maximum number of hosts remembered; the oldest are forgotten first. */
export const MAX_REMEMBERED = 400;

/** The address family of an IP address. */
export const familyOf = (host: string): Family => (host.includes(':') ? 6 : 4);

/** The host of a URL: a name, or an IP address without its brackets; '' if it has none. */
export const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '');

/**
 * Remembers by which address family a host was recently silent while it answered by the other: many torrents may have
 * the same tracker.
 */
export class Ways {
  readonly #silentAt = new Map<string, number>();

  silent(host: string, family: Family): void {
    const [oldest] = this.#silentAt.keys();
    if (this.#silentAt.size >= MAX_REMEMBERED && oldest !== undefined) this.#silentAt.delete(oldest);
    this.#silentAt.set(`${family} ${host}`, now());
  }

  /** Is it worth asking a host by this family? */
  open(host: string, family: Family): boolean {
    return now() - (this.#silentAt.get(`${family} ${host}`) ?? -Infinity) >= LEFT_OUT_FOR;
  }
}

/** One way to ask a tracker. */
export interface Way<T> {
  readonly family: Family | undefined;
  readonly ask$: Observable<T>;
}

/**
 * Asks a tracker in several ways, beside each other.
 *
 * ```
 *   IPv4    --(r|)
 *   IPv6    -#
 *   result  --(r|)
 * ```
 *
 * A way that fails is ignored as long as another one leads to an answer. After the first answer the others have three
 * seconds left, and one that is silent is not used for a minute. Errors with a `TrackerError` if there is no answer at
 * all: preferably one that the tracker itself has sent. All other errors are passed on immediately.
 */
export const byEach = <T>(all: readonly Way<T>[], host: string, memory: Ways): Observable<T> =>
  defer(() => {
    const errors: TrackerError[] = [];
    const answers$ = new Subject<void>();
    let answered = false;
    const failed = (error: unknown): Observable<never> => {
      if (!(error instanceof TrackerError)) return throwError(() => error);
      errors.push(error);
      return EMPTY;
    };
    const open = all.filter(({ family }) => family === undefined || memory.open(host, family));
    const ways = open.length > 0 ? open : all;
    const asked$ = merge(
      ...ways.map(({ family, ask$ }) => {
        const enough$ = answers$.pipe(
          switchMap(() => timer(OTHER_WITHIN)),
          tap(() => family !== undefined && memory.silent(host, family)),
        );
        return ask$.pipe(
          catchError(failed),
          tap(() => {
            answered = true;
            answers$.next();
          }),
          takeUntil(enough$),
        );
      }),
    );
    const nobody$ = defer(() => {
      const error = errors.find(({ code }) => code !== 'unreachable') ?? errors[0];
      return answered || error === undefined ? EMPTY : throwError(() => error);
    });
    return concat(asked$, nobody$);
  });

/**
 * Asks the web server of a tracker by each address family of its host; `read` may reject a reply by an error. The name
 * is resolved once.
 */
export const getByEach = <T>(
  env: WebEnv,
  request: HttpRequest,
  memory: Ways,
  read: (reply: HttpReply) => T,
): Observable<T> =>
  addressesOf(env, request.url).pipe(
    mergeMap((addresses) => {
      const known = addresses.length > 0 ? { ...request, addresses } : request;
      const families = [...new Set(addresses.map(familyOf))];
      const way = (family?: Family): Way<T> => ({
        family,
        ask$: defer(() => env.httpGet(family === undefined ? known : { ...known, family })).pipe(
          catchError((error: unknown) => throwError(() => asTrackerError(error))),
          map(read),
        ),
      });
      return byEach(families.length > 1 ? families.map(way) : [way()], hostOf(request.url), memory);
    }),
  );

/**
 * Emits the addresses of the host of a URL; an empty list if there is nothing to resolve, or nothing is found: the
 * request is made nevertheless, and its error tells what is wrong.
 */
const addressesOf = ({ resolve }: WebEnv, url: string): Observable<readonly string[]> =>
  defer(() => {
    const host = hostOf(url);
    if (resolve === undefined || host === '' || parseIp(host) !== undefined) return of([]);
    return resolve(host).pipe(timeout({ first: KNOWN_WITHIN, with: () => of([]) }));
  });
