import { Resolver } from 'node:dns';
import { Observable } from 'rxjs';
import { hasRoute } from './addressOrder.ts';

/**
 * Milliseconds until a silent name server is asked again, or the next one is, and the number of attempts. Each wait is
 * twice as long as the last.
 */
const FIRST_WAIT = 2_500;
const TRIES = 3;
/**
 * Milliseconds to wait for the second family once the first is answered: some servers never answer questions for IPv6.
 */
export const OTHER_FAMILY_WITHIN = 250;

/** The codes of c-ares that mean that the name does not exist, rather than that no server answered. */
const NOTHING = ['ENOTFOUND', 'ENODATA'];

/**
 * Asks the configured name servers, or `servers`, for the addresses of both families simultaneously.
 *
 * ```
 *   subscribe     ---(r|)      those of the family that was answered first stand first
 *   silence       … #          Node's error, with the code of c-ares
 *   unsubscribed: the queries are cancelled, and no longer keep the process alive
 * ```
 *
 * With `from`, servers are asked from these local addresses, IPv4 and IPv6, and by no other family.
 *
 * The answer of one family waits 250 ms for the other, and longer while there is no route to any address that has come.
 */
export const askNameServers = (
  name: string,
  servers?: readonly string[],
  from?: readonly [four: string | undefined, six: string | undefined],
): Observable<readonly string[]> =>
  new Observable((subscriber) => {
    const resolver = new Resolver({ timeout: FIRST_WAIT, tries: TRIES });
    let timer: NodeJS.Timeout | undefined;
    subscriber.add(() => {
      clearTimeout(timer);
      resolver.cancel();
    });
    if (servers !== undefined) resolver.setServers(servers);
    // Nothing gets out of this machine from the address of loopback.
    if (from !== undefined) resolver.setLocalAddress(from[0] ?? '127.0.0.1', from[1]?.replace(/%.*$/, '') ?? '::1');
    const found: string[] = [];
    const failures: NodeJS.ErrnoException[] = [];
    let open = 2;
    const end = (): void => {
      subscriber.next(found);
      subscriber.complete();
    };
    const answered = (error: NodeJS.ErrnoException | null, addresses: readonly string[] | undefined): void => {
      if (subscriber.closed) return;
      open--;
      if (error) failures.push(error);
      found.push(...(addresses ?? []));
      if (open > 0 && found.length > 0)
        timer = setTimeout(() => void hasRoute(found).then((has) => has && end()), OTHER_FAMILY_WITHIN);
      else if (open === 0 && found.length > 0) end();
      else if (open === 0) subscriber.error(failures.find(({ code }) => !NOTHING.includes(code ?? '')) ?? failures[0]);
    };
    resolver.resolve6(name, answered);
    resolver.resolve4(name, answered);
  });
