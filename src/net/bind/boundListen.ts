import {
  catchError,
  concat,
  EMPTY,
  finalize,
  map,
  merge,
  mergeMap,
  NEVER,
  Observable,
  of,
  switchMap,
  tap,
  throwError,
} from 'rxjs';
import { NetworkError } from '../../contracts/errors.ts';
import type { Env } from '../../contracts/env.ts';
import type { Listening, ListenOptions, PeerAddress } from '../../contracts/network.ts';
import { Hot } from '../hot.ts';
import type { LocalAddresses } from './localAddresses.ts';

/** One port to its subscribers; below it sockets at the addresses that there are. */
class LastingPort {
  readonly #calls = new Hot<PeerAddress>();
  #port: number | undefined;

  get isOpen(): boolean {
    return this.#port !== undefined;
  }

  /**
   * Listens at these addresses. Emits the first time that a port is open; the others are then listened to at the same
   * port.
   */
  at(listen: Env['listen'], options: ListenOptions, [first, ...others]: readonly string[]): Observable<Listening> {
    if (first === undefined) return EMPTY;
    const one = (host: string): Observable<Listening> => {
      const ports = this.#port === undefined ? options.ports : [this.#port];
      // The other family, and an address that has come back, are worth a try and nothing more.
      const failed = (error: unknown) => (this.isOpen ? EMPTY : throwError(() => error));
      return listen({ ...options, ports, host }).pipe(
        catchError(failed),
        switchMap((listening) => this.#hear(listening)),
      );
    };
    if (this.isOpen) return merge(...[first, ...others].map(one));
    return one(first).pipe(mergeMap((listening) => merge(of(listening), ...others.map(one))));
  }

  #hear({ port, calls$ }: Listening): Observable<Listening> {
    return new Observable((subscriber) => {
      subscriber.add(calls$.subscribe((call) => this.#calls.next(call)));
      if (this.isOpen) return;
      this.#port = port;
      subscriber.next({ port, calls$: this.#calls.stream$ });
    });
  }

  end(): void {
    this.#calls.end();
  }
}

/**
 * Listens at these addresses only: closes its sockets when they are gone, and opens them again, at the same port, when
 * they are back.
 *
 * ```
 *   addresses  a---(none)---a---
 *   result     p----------------    once
 *   calls      -c-----------c---
 * ```
 *
 * Errors as `listen` does if no port can be bound at first, and with `no-address` if there is no address.
 */
export const boundListen =
  (listen: Env['listen'], local: Pick<LocalAddresses, 'changes$' | 'names'>): Env['listen'] =>
  (options) =>
    new Observable<Listening>((subscriber) => {
      const lasting = new LastingPort();
      const isWanted = (host: string): boolean => options.host === undefined || host === options.host;
      const missing = new NetworkError('no-address', local.names.join(', '), 'has no address now');
      return local.changes$
        .pipe(
          map((hosts) => hosts.filter(isWanted)),
          tap((hosts) => {
            if (hosts.length === 0 && !lasting.isOpen) throw missing;
          }),
          switchMap((hosts) => concat(lasting.at(listen, options, hosts), NEVER)),
          finalize(() => lasting.end()),
        )
        .subscribe(subscriber);
    });
