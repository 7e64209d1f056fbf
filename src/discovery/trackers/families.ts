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
import { parseIp } from '../../protocol/encoding/ip.ts';

export type Family = 4 | 6;
/** Without `resolve` a web server is asked as it comes. */
export type WebEnv = Pick<Env, 'httpGet'> & Partial<Pick<Env, 'resolve'>>;

/** Milliseconds for an answer by the other family, once there is one by one of them. */
export const OTHER_WITHIN = 3_000;
/**
 * Milliseconds until a web server is asked as it comes, though its name is still being looked up: later than any lookup
 * is given up.
 */
const KNOWN_WITHIN = 12_000;
/** Milliseconds that a family is left out by which a host was silent while it answered by the other. */
export const LEFT_OUT_FOR = 60_000;
/** Hosts remembered, those silent first forgotten first. */
export const MAX_REMEMBERED = 400;

/** Of an address literal. */
export const familyOf = (host: string): Family => (host.includes(':') ? 6 : 4);

/** The host of a URL: a name, or a literal without its brackets; '' if it has none. */
export const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '');

/**
 * By which families hosts have been silent just now while they answered by the other: many torrents may have the same
 * tracker.
 */
export class Ways {
  readonly #silentAt = new Map<string, number>();

  silent(host: string, family: Family): void {
    const [oldest] = this.#silentAt.keys();
    if (this.#silentAt.size >= MAX_REMEMBERED && oldest !== undefined) this.#silentAt.delete(oldest);
    this.#silentAt.set(`${family} ${host}`, now());
  }

  /** Is there any use in asking? */
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
 * A way on which it can't be asked is passed over as long as another one leads to an answer; after that the others have
 * three seconds left, and one that is silent is left out for a minute. Errors with a `TrackerError` if there is no
 * answer at all: one that the tracker has given itself, if there is any. All other errors are passed on at once.
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
 * Asks the web server of a tracker by each family that its name has an address of; `read` may refuse a reply by an
 * error. The name is looked up once for all of that.
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
 * Empty, once, where nothing is to be looked up, or nothing is found: the web server is asked all the same, which can
 * say what is wrong.
 */
const addressesOf = ({ resolve }: WebEnv, url: string): Observable<readonly string[]> =>
  defer(() => {
    const host = hostOf(url);
    if (resolve === undefined || host === '' || parseIp(host) !== undefined) return of([]);
    return resolve(host).pipe(timeout({ first: KNOWN_WITHIN, with: () => of([]) }));
  });
