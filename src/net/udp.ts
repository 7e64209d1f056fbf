import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { catchError, Observable, of, Subject, throwError } from 'rxjs';
import type { Datagram, UdpEndpoint, UdpOptions, UdpSocket, Undelivered } from '../contracts/network.ts';
import { NetworkError } from '../contracts/errors.ts';
import { bindGroup } from './groups/group.ts';
import { lookUp } from './names/lookUp.ts';
import { NameError } from './names/nameError.ts';
import { bindWords, errorWords } from './errorWords.ts';
import { portCode } from './networkCode.ts';

/** Bytes that the kernel may keep of what has come and was not yet read. */
const RECEIVE_BUFFER = 1 << 20;

/**
 * Binds a UDP socket; any free port if the wanted one is taken and not to be shared. Unsubscribing closes it. Errors
 * with a `NetworkError` if it can't be bound: `port-denied`, `no-address`, `no-room`.
 */
export const bindUdp = ({ multicast, ...options }: UdpOptions): Observable<UdpSocket> =>
  multicast === undefined ? bindOne(options) : bindGroup(options, multicast);

const bindOne = ({ port = 0, family, to: peer }: Omit<UdpOptions, 'multicast'>): Observable<UdpSocket> =>
  new Observable((subscriber) => {
    const datagrams$ = new Subject<Datagram>();
    const undelivered$ = new Subject<Undelivered>();
    const failed = (to: UdpEndpoint, error: Error): void => undelivered$.next({ to, why: errorWords(error) });
    let bound = false;
    const open = (wanted: number): (() => void) => {
      const socket = createSocket({
        type: family === 4 ? 'udp4' : 'udp6',
        ipv6Only: family === 6,
        recvBufferSize: RECEIVE_BUFFER,
      });
      let closed = false;
      const close = (): void => {
        if (!closed) socket.close();
        closed = true;
      };
      socket.on('message', (bytes, { address, port: from }) =>
        datagrams$.next({ bytes, from: { host: address, port: from } }),
      );
      socket.on('error', (error: NodeJS.ErrnoException) => {
        // Of a connected socket: nobody listens there, as the host there has told this system.
        if (bound && peer !== undefined) failed(peer, error);
        if (bound) return;
        close();
        if (error.code === 'EADDRINUSE' && wanted !== 0) again = open(0);
        else
          subscriber.error(
            new NetworkError(
              portCode(error),
              wanted === 0 ? 'UDP' : `UDP port ${wanted}`,
              wanted === 0 ? errorWords(error) : bindWords(error),
              { cause: error },
            ),
          );
      });
      const ready = (lost?: Error): void => {
        if (closed) return;
        const send: UdpSocket['send'] = (bytes, to) => {
          const told = (error: Error | null): void => {
            if (error !== null) failed(to, error);
          };
          if (closed || to.port <= 0 || to.port >= 65_536 || isIP(to.host) !== family) return;
          if (lost !== undefined) failed(to, lost);
          else if (peer === undefined) socket.send(bytes, to.port, to.host, told);
          else socket.send(bytes, told);
        };
        subscriber.next({
          port: socket.address().port,
          datagrams$: datagrams$.asObservable(),
          undelivered$: undelivered$.asObservable(),
          send,
        });
      };
      socket.bind(wanted, () => {
        bound = true;
        if (peer === undefined) return ready();
        // Without a way there this fails already.
        socket.connect(peer.port, peer.host, (error?: Error) => ready(error));
      });
      return close;
    };
    let again = (): void => {};
    const first = open(port);
    return () => {
      first();
      again();
      datagrams$.complete();
      undelivered$.complete();
    };
  });

/** The addresses of a host name. Emits once; an empty list when there are none. */
export const resolve = (host: string): Observable<readonly string[]> =>
  lookUp(host).pipe(catchError((error: unknown) => (error instanceof NameError ? of([]) : throwError(() => error))));
