import { isIP, type LookupFunction } from 'node:net';
import { defer, map, mergeMap, type Observable, of, type Subscription } from 'rxjs';
import { NameError } from './nameError.ts';

/**
 * The addresses that a host name leads to, in the order in which they are to be tried: at most 16, and at least one. A literal leads to itself.
 * Errors with a `NameError`. Unsubscribing gives it up, and nothing of it keeps the process then.
 */
export type LookUp = (host: string) => Observable<readonly string[]>;

/** As this machine looks names up; whoever dials literals only does not even load what that takes. */
export const lookUp: LookUp = (host) =>
  isIP(host) !== 0 ? of([host]) : defer(() => import('./names.ts')).pipe(mergeMap(({ lookUpName }) => lookUpName(host)));

/** The same for the sockets of Node, until `life` is over; `allowed` may refuse what was found, by an error. */
export const lookupFunction =
  (life: Subscription, allowed: (addresses: readonly string[]) => readonly string[] = (all) => all, look: LookUp = lookUp): LookupFunction =>
  (host, { all, family }, callback) => {
    const only = String(family ?? 0).replace('IPv', '');
    const wanted = (address: string): boolean => only === '0' || String(isIP(address)) === only;
    const found$ = look(host).pipe(map((addresses) => allowed(addresses.filter(wanted))));
    const answer = (addresses: readonly string[]): void => {
      const [first] = addresses;
      if (first === undefined) callback(new NameError('ENOTFOUND', host), '');
      else if (all === true)
        callback(
          null,
          addresses.map((address) => ({ address, family: isIP(address) })),
        );
      else callback(null, first, isIP(first));
    };
    // Whoever asked is not ready for an answer yet.
    process.nextTick(() => {
      if (!life.closed) life.add(found$.subscribe({ next: answer, error: (error: unknown) => callback(error as NodeJS.ErrnoException, '') }));
    });
  };
