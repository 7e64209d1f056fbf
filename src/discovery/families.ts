import { catchError, concat, defer, EMPTY, map, merge, type Observable, of, tap, throwError } from 'rxjs';
import type { Env } from '../env.ts';
import { TrackerError } from '../errors.ts';
import { parseIp } from '../protocol/ip.ts';

export type Family = 4 | 6;

/** Of an address literal. */
export const familyOf = (host: string): Family => (host.includes(':') ? 6 : 4);

/**
 * The families by which the web server of a URL is asked: each that its name has an address of, as a tracker tells of peers
 * of the caller's family only (BEP 7). Undefined, once, where there is nothing to choose from.
 */
export const familiesOf = ({ resolve }: Partial<Pick<Env, 'resolve'>>, url: string): Observable<readonly (Family | undefined)[]> =>
  defer(() => {
    const host = URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
    if (resolve === undefined || host === '' || parseIp(host) !== undefined) return of([undefined]);
    return resolve(host).pipe(
      map((found) => [...new Set(found.map(familyOf))]),
      map((families) => (families.length > 1 ? families : [undefined])),
    );
  });

/**
 * Asks a tracker in several ways, beside each other.
 *
 * ```
 *   IPv4    --(r|)
 *   IPv6    -#
 *   result  --(r|)
 * ```
 *
 * A way on which it can't be asked is passed over as long as another one leads to an answer. Errors with a `TrackerError`
 * if none does: one that it has given itself, if there is any. All other errors are passed on at once.
 */
export const byEach = <T>(ways: readonly Observable<T>[]): Observable<T> =>
  defer(() => {
    const errors: TrackerError[] = [];
    let answered = false;
    const failed = (error: unknown): Observable<never> => {
      if (!(error instanceof TrackerError)) return throwError(() => error);
      errors.push(error);
      return EMPTY;
    };
    const answers$ = merge(...ways.map((way) => way.pipe(catchError(failed)))).pipe(tap(() => (answered = true)));
    const nobody$ = defer(() => {
      const error = errors.find(({ code }) => code !== 'unreachable') ?? errors[0];
      return answered || error === undefined ? EMPTY : throwError(() => error);
    });
    return concat(answers$, nobody$);
  });
