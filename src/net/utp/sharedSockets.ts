import { filter, finalize, Observable, shareReplay } from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import type { UdpOptions, UdpSocket } from '../../contracts/network.ts';
import { isUtp } from '../../protocol/utp/utpPacket.ts';

type BindUdp = Env['bindUdp'];

/**
 * One socket for uTP and for all else that binds the same port, as the DHT does: datagrams are told apart by their
 * first bytes. Depends on which ports are bound now. A port is shared by one other at most: the next gets a socket of
 * its own, as if the port were taken.
 */
export class SharedSockets {
  readonly #bindUdp: BindUdp;
  readonly #open = new Map<string, Observable<UdpSocket>>();
  readonly #others = new Set<string>();

  constructor(bindUdp: BindUdp) {
    this.#bindUdp = bindUdp;
  }

  /** The same as `Env.bindUdp`; what is uTP is not heard. */
  readonly bindUdp: BindUdp = (options) => {
    const { port = 0, multicast, to } = options;
    if (port === 0 || multicast !== undefined || to !== undefined) return this.#bindUdp(options);
    return new Observable((subscriber) => {
      const key = keyOf(options);
      if (this.#others.has(key)) return this.#bindUdp(options).subscribe(subscriber);
      this.#others.add(key);
      subscriber.add(() => this.#others.delete(key));
      const next = (socket: UdpSocket): void =>
        subscriber.next({ ...socket, datagrams$: socket.datagrams$.pipe(filter(({ bytes }) => !isUtp(bytes))) });
      subscriber.add(this.forUtp(options).subscribe({ next, error: (error: unknown) => subscriber.error(error) }));
    });
  };

  /** The whole socket. */
  forUtp(options: UdpOptions): Observable<UdpSocket> {
    if (options.port === 0) return this.#bindUdp(options);
    const key = keyOf(options);
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const socket$: Observable<UdpSocket> = this.#bindUdp(options).pipe(
      finalize(() => this.#open.get(key) === socket$ && this.#open.delete(key)),
      shareReplay({ bufferSize: 1, refCount: true }),
    );
    this.#open.set(key, socket$);
    return socket$;
  }

  /** How many ports are known. */
  get size(): number {
    return this.#open.size;
  }
}

const keyOf = ({ family, port = 0 }: UdpOptions): string => `${family}:${port}`;
