import {
  asapScheduler,
  catchError,
  defer,
  distinctUntilChanged,
  finalize,
  map,
  NEVER,
  Observable,
  switchMap,
  throwError,
} from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import type { Datagram, UdpOptions, UdpSocket, Undelivered } from '../../contracts/network.ts';
import { Hot } from '../hot.ts';
import type { LocalAddresses } from './localAddresses.ts';

const WHY = 'the address that is bound to is gone';

type Local = Pick<LocalAddresses, 'of' | 'has' | 'must' | 'changes$'>;

/** One socket to its users; below it one after the other, each for as long as the address is there. */
class Lasting {
  readonly #datagrams = new Hot<Datagram>();
  readonly #undelivered = new Hot<Undelivered>();
  #now: UdpSocket | undefined;
  #port: number | undefined;
  readonly #isThere: (host: string) => boolean;

  /** `isThere`: may this address still be sent from? */
  constructor(isThere: (host: string) => boolean) {
    this.#isThere = isThere;
  }

  /** Binds at an address, or waits while there is none. Emits the first time. */
  over(bindUdp: Env['bindUdp'], options: UdpOptions, host: string | undefined): Observable<UdpSocket> {
    if (host === undefined) return NEVER;
    const again = this.#port;
    return bindUdp({ ...options, host, ...(again !== undefined && { port: again }) }).pipe(
      catchError((error: unknown) => (again === undefined ? throwError(() => error) : NEVER)),
      switchMap((socket) => this.#hear(socket, host)),
      finalize(() => (this.#now = undefined)),
    );
  }

  #hear(socket: UdpSocket, host: string): Observable<UdpSocket> {
    return new Observable((subscriber) => {
      const isFirst = this.#port === undefined;
      this.#now = socket;
      this.#port = socket.port;
      subscriber.add(socket.datagrams$.subscribe((datagram) => this.#datagrams.next(datagram)));
      const told = (report: Undelivered): void =>
        this.#undelivered.next(this.#isThere(host) ? report : { ...report, all: true });
      subscriber.add(socket.undelivered$.subscribe(told));
      if (isFirst) subscriber.next(this.#socket(socket.port));
    });
  }

  #socket(port: number): UdpSocket {
    return {
      port,
      datagrams$: this.#datagrams.stream$,
      undelivered$: this.#undelivered.stream$,
      send: (bytes, to) => {
        // Like a report of the system it does not come before `send` has returned.
        if (this.#now === undefined) asapScheduler.schedule(() => this.#undelivered.next({ to, why: WHY, all: true }));
        else this.#now.send(bytes, to);
      },
    };
  }

  end(): void {
    this.#datagrams.end();
    this.#undelivered.end();
  }
}

/**
 * Binds UDP sockets at these addresses only: closed when the address is gone, opened again, at the same port, when it
 * is back. What is sent meanwhile is not delivered. Errors as `bindUdp` does if it can't be bound at first, and with
 * `no-room` if there is no address.
 */
export const boundUdp =
  (bindUdp: Env['bindUdp'], local: Local): Env['bindUdp'] =>
  (options) =>
    defer(() => {
      local.must(options.family);
      const lasting = new Lasting((host) => local.has(host));
      return local.changes$.pipe(
        map(() => local.of(options.family)),
        distinctUntilChanged(),
        switchMap((host) => lasting.over(bindUdp, options, host)),
        finalize(() => lasting.end()),
      );
    });
