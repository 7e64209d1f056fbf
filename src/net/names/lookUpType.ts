import type { Observable } from 'rxjs';

/**
 * The addresses of a host name, in the order in which they are to be tried: at least one, at most 16. A literal leads
 * to itself. Errors with a `NameError`. Unsubscribing cancels the lookup, which then no longer keeps the process alive.
 */
export type LookUp = (host: string) => Observable<readonly string[]>;
