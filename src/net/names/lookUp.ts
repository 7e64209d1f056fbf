import { isIP } from 'node:net';
import { defer, mergeMap, type Observable, of } from 'rxjs';

/**
 * The addresses that a host name leads to, in the order in which they are to be tried: at most 16, and at least one. A literal leads to itself.
 * Errors with a `NameError`. Unsubscribing gives it up, and nothing of it keeps the process then.
 */
export type LookUp = (host: string) => Observable<readonly string[]>;

/** As this machine looks names up; whoever dials literals only does not even load what that takes. */
export const lookUp: LookUp = (host) =>
  isIP(host) !== 0 ? of([host]) : defer(() => import('./names.ts')).pipe(mergeMap(({ lookUpName }) => lookUpName(host)));
