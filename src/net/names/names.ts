import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { catchError, defer, from, map, mergeMap, Observable, of, share, tap, throwError, timeout } from 'rxjs';
import { isPrintable } from '../../protocol/encoding/printable.ts';
import { preferred } from './addressOrder.ts';
import { HostsFile, MAX_OF_NAME } from './hostsFile.ts';
import type { LookUp } from './lookUpType.ts';
import { NameError, nameError } from './nameError.ts';
import { askNameServers } from './nameServers.ts';
import { isForSystem, mayKnowMore, type SystemFiles, systemFiles } from './systemFiles.ts';
import { MAX_AT_ONCE, SystemLookup } from './systemLookup.ts';
import { Turns } from './turns.ts';

/** Milliseconds until a lookup is given up. */
export const NAME_WITHIN = 10_000;
/** Names that may wait for their turn; further names fail without a query. */
export const MAX_WAITING = 1_000;
/**
 * Milliseconds in which a failed name is not looked up again: a caller may ask a second time only to learn the reason.
 */
export const FAILED_FOR = 1_000;
/** Failed names that are remembered; the oldest are forgotten first. */
export const MAX_FAILED = 100;
/** Characters of a name, and of one label of it (RFC 1035). */
const MAX_NAME = 253;
const PART = /^[a-z0-9_][a-z0-9_-]{0,62}$/;
/** Are there characters that conversion to ASCII would drop silently? */
const loses = (host: string): boolean => (isPrintable(host) ? host.includes(' ') : /[\s\p{Cc}\p{Cf}]/u.test(host));
const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

export interface LookUpOptions {
  /** Asked instead of the name servers of the system: `127.0.0.1:5353`. */
  readonly servers?: readonly string[];
  readonly hosts?: HostsFile;
  readonly system?: Pick<SystemLookup, 'addresses'>;
  readonly files?: SystemFiles;
  /**
   * The addresses that name servers are asked from, IPv4 and IPv6, as they are now. Then the system, which can't be
   * told how to ask, is not asked.
   */
  readonly from?: () => readonly [four: string | undefined, six: string | undefined];
}

/**
 * The canonical form of a host; undefined for what is not a name. A number such as `127.1` becomes the address that it
 * means.
 */
const nameOf = (host: string): string | undefined => {
  const name = loses(host) ? '' : domainToASCII(host);
  const bare = name.replace(/\.$/, '');
  if (isIP(name) !== 0) return name;
  return bare.length <= MAX_NAME && bare.split('.').every((part) => PART.test(part)) ? name : undefined;
};

/** Lookups by name server or system: at most one per name at once, and a failed name is not asked again at once. */
class Lookups {
  readonly #servers: readonly string[] | undefined;
  readonly #system: Pick<SystemLookup, 'addresses'>;
  readonly #files: SystemFiles;
  readonly #from: LookUpOptions['from'];
  readonly #turns = new Turns(MAX_AT_ONCE);
  readonly #underWay = new Map<string, Observable<readonly string[]>>();
  readonly #failures = new Map<string, { readonly error: unknown; readonly at: number }>();

  constructor({ servers, system = new SystemLookup(), files = systemFiles, from: source }: LookUpOptions) {
    this.#from = source;
    this.#servers = servers;
    this.#system = system;
    this.#files = files;
  }

  /** Callers that ask for the same name meanwhile share the answer. */
  addresses(name: string): Observable<readonly string[]> {
    return defer(() => {
      const known = this.#underWay.get(name);
      if (known !== undefined) return this.#inTime(name, known);
      const failure = this.#failures.get(name);
      if (failure !== undefined && performance.now() - failure.at < FAILED_FOR) return throwError(() => failure.error);
      if (this.#turns.waiting >= MAX_WAITING) throw new NameError('EAI_AGAIN', name);
      const fresh$ = new Observable<readonly string[]>((subscriber) => {
        subscriber.add(() => this.#underWay.delete(name));
        subscriber.add(this.#turns.inTurn(this.#ask(name)).subscribe(subscriber));
      }).pipe(share());
      this.#underWay.set(name, fresh$);
      return this.#inTime(name, fresh$);
    });
  }

  #inTime(name: string, lookup$: Observable<readonly string[]>): Observable<readonly string[]> {
    return lookup$.pipe(timeout({ first: NAME_WITHIN }), tap({ error: (error: unknown) => this.#failed(name, error) }));
  }

  #ask(name: string): Observable<readonly string[]> {
    const source = this.#from;
    if (source !== undefined)
      return defer(() => askNameServers(name, this.#servers, source())).pipe(map((found) => [...found]));
    return defer(() =>
      isForSystem(name, this.#files)
        ? this.#system.addresses(name)
        : askNameServers(name, this.#servers).pipe(
            catchError((error: unknown) =>
              this.#mayKnow(name, error) ? this.#system.addresses(name) : throwError(() => error),
            ),
            mergeMap((addresses) => from(preferred(addresses))),
          ),
    );
  }

  /** Might the system know a name that the name servers did not? */
  #mayKnow(name: string, error: unknown): boolean {
    const { code } = nameError(name, error);
    return code === 'ENOTFOUND' ? mayKnowMore(this.#files) : (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  }

  #failed(name: string, error: unknown): void {
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= MAX_FAILED && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.delete(name);
    this.#failures.set(name, { error, at: performance.now() });
  }
}

/**
 * Looks names up. This machine's own names and its hosts file are answered at once. Then the name servers are asked,
 * over our own sockets, which can be closed. getaddrinfo can't be cancelled, so it runs in a process of its own, and
 * only for names that name servers may not know.
 */
export const lookUpWith = ({ hosts = new HostsFile(), ...options }: LookUpOptions = {}): LookUp => {
  const lookups = new Lookups(options);
  return (host) =>
    defer(() => {
      if (isIP(host) !== 0) return of([host]);
      const name = nameOf(host);
      if (name === undefined) throw new NameError('ENOTFOUND', host);
      if (isIP(name) !== 0) return of([name]);
      const bare = name.replace(/\.$/, '');
      const known = hosts.addresses(bare);
      if (known.length > 0) return from(preferred(known));
      if (bare === 'localhost' || bare.endsWith('.localhost')) return from(preferred(LOOPBACK));
      return lookups.addresses(name);
    }).pipe(
      map((addresses) => addresses.filter((each) => isIP(each) !== 0).slice(0, MAX_OF_NAME)),
      map((addresses) => {
        if (addresses.length === 0) throw new NameError('ENOTFOUND', host);
        return addresses;
      }),
      catchError((error: unknown) => throwError(() => (error instanceof NameError ? error : nameError(host, error)))),
    );
};

/** Looks names up as this machine does. */
export const lookUpName: LookUp = lookUpWith();
