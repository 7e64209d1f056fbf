import { Resolver } from 'node:dns';
import { Observable } from 'rxjs';
import { hasRoute } from './addressOrder.ts';

/**
 * Milliseconds until a name server that is silent is asked again, or the next one is, and how often; each wait is twice
 * as long as the last.
 */
const FIRST_WAIT = 2_500;
const TRIES = 3;
/**
 * Milliseconds for the addresses of the other family when those of one are there: some servers never answer questions
 * for IPv6.
 */
export const OTHER_FAMILY_WITHIN = 250;

/** The codes of c-ares that say that there is nothing, rather than that nobody has said anything. */
const NOTHING = ['ENOTFOUND', 'ENODATA'];

/**
 * Asks the name servers that are configured, or `servers`, for the addresses of both families at the same time.
 *
 * ```
 *   subscribe     ---(r|)      those of the family that was answered first stand first
 *   silence       … #          Node's error, with the code of c-ares
 *   unsubscribed: the questions are cancelled, and nothing of them keeps the process
 * ```
 *
 * The answer of one family waits for the other for 250 ms, and longer when nothing that has come can be reached from
 * here.
 */
export const askNameServers = (name: string, servers?: readonly string[]): Observable<readonly string[]> =>
  new Observable((subscriber) => {
    const resolver = new Resolver({ timeout: FIRST_WAIT, tries: TRIES });
    let timer: NodeJS.Timeout | undefined;
    subscriber.add(() => {
      clearTimeout(timer);
      resolver.cancel();
    });
    if (servers !== undefined) resolver.setServers(servers);
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
