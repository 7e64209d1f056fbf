import type { Socket } from 'node:dgram';
import { Subject } from 'rxjs';
import type { Datagram, UdpEndpoint, UdpSocket, Undelivered } from '../contracts/network.ts';
import { errorWords } from './errorWords.ts';

/** What arrives at a UDP socket, and what it could not send. */
export class UdpStreams {
  readonly #datagrams$ = new Subject<Datagram>();
  readonly #undelivered$ = new Subject<Undelivered>();
  readonly heard: Pick<UdpSocket, 'datagrams$' | 'undelivered$'> = {
    datagrams$: this.#datagrams$.asObservable(),
    undelivered$: this.#undelivered$.asObservable(),
  };

  constructor(socket: Socket) {
    socket.on('message', (bytes, { address, port }) => this.#datagrams$.next({ bytes, from: { host: address, port } }));
  }

  /** A datagram could not be sent there, or no program listens there. */
  failed(to: UdpEndpoint, error: Error): void {
    this.#undelivered$.next({ to, why: errorWords(error) });
  }

  /** The socket is closed. */
  end(): void {
    this.#datagrams$.complete();
    this.#undelivered$.complete();
  }
}
