import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { catchError, Observable, of, Subject, throwError } from 'rxjs';
import type { Datagram, UdpOptions, UdpSocket } from '../env.ts';
import { InputError } from '../errors.ts';
import { lookUp } from './lookUp.ts';
import { NameError } from './nameError.ts';
import { bindWords, errorWords } from './errorWords.ts';

/** Bytes that the kernel may keep of what has come and was not yet read. */
const RECEIVE_BUFFER = 1 << 20;

/** Binds a UDP socket; any free port if the wanted one is taken. Unsubscribing closes it. */
export const bindUdp = ({ port = 0, family, multicast }: UdpOptions): Observable<UdpSocket> =>
  new Observable((subscriber) => {
    const datagrams$ = new Subject<Datagram>();
    let bound = false;
    const open = (wanted: number): (() => void) => {
      const socket = createSocket({
        type: family === 4 ? 'udp4' : 'udp6',
        ipv6Only: family === 6,
        reuseAddr: multicast !== undefined,
        recvBufferSize: RECEIVE_BUFFER,
      });
      let closed = false;
      const close = (): void => {
        if (!closed) socket.close();
        closed = true;
      };
      socket.on('message', (bytes, { address, port: from }) => datagrams$.next({ bytes, from: { host: address, port: from } }));
      socket.on('error', (error: NodeJS.ErrnoException) => {
        if (bound) return;
        close();
        if (error.code === 'EADDRINUSE' && wanted !== 0 && multicast === undefined) again = open(0);
        else
          subscriber.error(
            new InputError('bad-option', wanted === 0 ? `UDP: ${errorWords(error)}` : `UDP port ${wanted}: ${bindWords(error, '--dht-port')}`, {
              cause: error,
            }),
          );
      });
      socket.bind(wanted, () => {
        bound = true;
        if (multicast !== undefined) join(() => socket.addMembership(multicast));
        const send: UdpSocket['send'] = (bytes, to) => {
          if (!closed && to.port > 0 && to.port < 65_536 && isIP(to.host) === family) socket.send(bytes, to.port, to.host, () => {});
        };
        subscriber.next({ port: socket.address().port, datagrams$: datagrams$.asObservable(), send });
      });
      return close;
    };
    let again = (): void => {};
    const first = open(port);
    return () => {
      first();
      again();
      datagrams$.complete();
    };
  });

/** Without a route for multicast there is nobody to hear: that is no error. */
const join = (membership: () => void): void => {
  try {
    membership();
  } catch {
    return;
  }
};

/** The addresses of a host name. Emits once; an empty list when there are none. */
export const resolve = (host: string): Observable<readonly string[]> =>
  lookUp(host).pipe(catchError((error: unknown) => (error instanceof NameError ? of([]) : throwError(() => error))));
