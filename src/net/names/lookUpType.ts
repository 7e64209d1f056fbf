import type { Observable } from 'rxjs';

/**
 * The addresses that a host name leads to, in the order in which they are to be tried: at most 16, and at least one. A
 * literal leads to itself. Errors with a `NameError`. Unsubscribing gives it up, and nothing of it keeps the process
 * then.
 */
export type LookUp = (host: string) => Observable<readonly string[]>;
