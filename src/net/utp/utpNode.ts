import { isIP } from 'node:net';
import {
  catchError,
  EMPTY,
  finalize,
  merge,
  mergeMap,
  Observable,
  shareReplay,
  Subscription,
  switchMap,
  tap,
} from 'rxjs';
import type { PeerAddress, UdpSocket, Wire } from '../../contracts/network.ts';
import { UtpMemory } from '../../protocol/utp/utpMemory.ts';
import type { SharedSockets } from './sharedSockets.ts';
import { UtpLines } from './utpLines.ts';
import type { UtpWorld } from './utpNote.ts';

export type Family = 4 | 6;

/** A socket that somebody uses, or whose last connections are being closed. */
interface Place {
  readonly lines$: Observable<UtpLines>;
  /** What is open there, once it is. */
  lines: UtpLines | undefined;
  users: number;
  /** Holds the socket. */
  life: Subscription;
}

/**
 * Peers by uTP: calls, and is called, by the sockets of ports that may be shared. Depends on which ports are in use.
 * While we listen, peers are called from the port at which they can call us. All connections share one memory.
 */
export class UtpNode {
  readonly #sockets: SharedSockets;
  readonly #world: UtpWorld;
  readonly #places = new Map<string, Place>();
  readonly #homes = new Map<Family, UtpLines>();

  constructor(sockets: SharedSockets, world: UtpWorld) {
    this.#sockets = sockets;
    this.#world = { memory: new UtpMemory(), ...world };
  }

  /** Sockets that are open. */
  get sockets(): number {
    return this.#places.size;
  }

  /** Dials an address literal: see `UtpLines.dial`; errors as `Env.bindUdp` does if there is no socket for it. */
  dial(address: PeerAddress): Observable<Wire> {
    const family: Family = isIP(address.host) === 6 ? 6 : 4;
    return new Observable((subscriber) => {
      const home = this.#homes.get(family);
      if (home !== undefined) return home.dial(address).subscribe(subscriber);
      const next = (lines: UtpLines): void => subscriber.add(lines.dial(address).subscribe(subscriber));
      return this.#use(family, 0).subscribe({ next, error: (error: unknown) => subscriber.error(error) });
    });
  }

  /** Peers that call by uTP at a port; a family that can't be bound is left out. Never completes. */
  callsAt(port: number, families: readonly Family[] = [4, 6]): Observable<PeerAddress> {
    return merge(...families.map((family) => this.at(family, port).pipe(catchError(() => EMPTY)))).pipe(
      mergeMap(({ calls$ }) => calls$),
    );
  }

  /** The connections at a port, where we are at home meanwhile. Emits once; errors as `Env.bindUdp` does. */
  at(family: Family, port: number): Observable<UtpLines> {
    return this.#use(family, port).pipe(
      tap((lines) => this.#homes.set(family, lines)),
      finalize(() => this.#homes.delete(family)),
    );
  }

  #use(family: Family, port: number): Observable<UtpLines> {
    return new Observable((subscriber) => {
      const key = `${family}:${port}`;
      const place = this.#places.get(key) ?? this.#bind(key, family, port);
      place.users++;
      subscriber.add(() => {
        place.users--;
        this.#rest(place);
      });
      return place.lines$.subscribe(subscriber);
    });
  }

  #bind(key: string, family: Family, port: number): Place {
    const opened = (socket: UdpSocket): Observable<UtpLines> =>
      new Observable((subscriber) => {
        const lines = (place.lines = new UtpLines(socket, family, this.#world));
        subscriber.next(lines);
        return lines.open();
      });
    const socket$ = this.#sockets.forUtp({ family, port });
    const place: Place = {
      lines$: socket$.pipe(switchMap(opened), shareReplay({ bufferSize: 1, refCount: true })),
      lines: undefined,
      users: 0,
      life: Subscription.EMPTY,
    };
    this.#places.set(key, place);
    const gone = (): void => {
      if (this.#places.get(key) === place) this.#places.delete(key);
    };
    place.life = place.lines$.pipe(finalize(gone)).subscribe({ error: gone });
    return place;
  }

  /** The last packets of connections that were hung up on may still be on their way. */
  #rest(place: Place): void {
    const end = (): void => {
      if (place.users === 0) place.life.unsubscribe();
    };
    if (place.lines === undefined) end();
    else if (place.users === 0) place.lines.whenIdle(end);
  }
}
