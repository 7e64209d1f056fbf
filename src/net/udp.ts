import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { catchError, Observable, of, throwError } from 'rxjs';
import type { UdpEndpoint, UdpOptions, UdpSocket } from '../contracts/network.ts';
import { NetworkError } from '../contracts/errors.ts';
import { bindGroup } from './groups/group.ts';
import { lookUp } from './names/lookUp.ts';
import { NameError } from './names/nameError.ts';
import { bindWords, errorWords } from './errorWords.ts';
import { portCode } from './networkCode.ts';
import { UdpStreams } from './udpStreams.ts';

/** Bytes of unread datagrams that the kernel may keep. */
const RECEIVE_BUFFER = 1 << 20;

/**
 * Binds a UDP socket. If the wanted port is taken and not to be shared, any free port is bound. Unsubscribing closes
 * the socket. Errors with a `NetworkError` if it can't be bound: `port-denied`, `no-address`, `no-room`.
 */
export const bindUdp = ({ multicast, ...options }: UdpOptions): Observable<UdpSocket> =>
  multicast === undefined ? bindOne(options) : bindGroup(options, multicast);

const bindOne = (options: Omit<UdpOptions, 'multicast'>): Observable<UdpSocket> =>
  new Observable((subscriber) => {
    const { port = 0 } = options;
    const bound = (socket: UdpSocket): void => subscriber.next(socket);
    const refused = (error: Error): void => subscriber.error(unbound(error, 0));
    let again = (): void => {};
    const first = openSocket(options, port, bound, (error: NodeJS.ErrnoException) => {
      if (port === 0 || error.code !== 'EADDRINUSE') subscriber.error(unbound(error, port));
      else again = openSocket(options, 0, bound, refused);
    });
    return () => {
      first();
      again();
    };
  });

const unbound = (cause: Error, port: number): NetworkError =>
  port === 0
    ? new NetworkError(portCode(cause), 'UDP', errorWords(cause), { cause })
    : new NetworkError(portCode(cause), `UDP port ${port}`, bindWords(cause), { cause });

/**
 * Opens a socket at a port, 0 for any free one. `refused` gets the reason why the port can't be bound. Returns a
 * function that closes the socket.
 */
const openSocket = (
  { family, host, to: peer }: Omit<UdpOptions, 'multicast'>,
  port: number,
  ready: (socket: UdpSocket) => void,
  refused: (error: Error) => void,
): (() => void) => {
  const type = family === 4 ? 'udp4' : 'udp6';
  const socket = createSocket({ type, ipv6Only: family === 6, recvBufferSize: RECEIVE_BUFFER });
  const streams = new UdpStreams(socket);
  let closed = false;
  let bound = false;
  const close = (): void => {
    if (!closed) socket.close();
    closed = true;
    streams.end();
  };
  socket.on('error', (error) => {
    // Only a connected socket errors so: the host there has told this system that no program listens at the port.
    if (bound && peer !== undefined) streams.failed(peer, error);
    if (bound) return;
    close();
    refused(error);
  });
  const open = (lost?: Error): void => {
    if (closed) return;
    const send: UdpSocket['send'] = (bytes, to) => {
      if (closed || to.port <= 0 || to.port >= 65_536 || isIP(to.host) !== family) return;
      if (lost === undefined) sendBy(socket, bytes, to, peer !== undefined, streams);
      else streams.failed(to, lost);
    };
    ready({ port: socket.address().port, ...streams.heard, send });
  };
  socket.bind({ port, ...(host !== undefined && { address: host }) }, () => {
    bound = true;
    // Without a route, this call fails already.
    if (peer !== undefined) socket.connect(peer.port, peer.host, open);
    else open();
  });
  return close;
};

const sendBy = (socket: Socket, bytes: Uint8Array, to: UdpEndpoint, connected: boolean, streams: UdpStreams): void => {
  const told = (error: Error | null): void => (error === null ? undefined : streams.failed(to, error));
  if (connected) socket.send(bytes, told);
  else socket.send(bytes, to.port, to.host, told);
};

/** The addresses of a host name. Emits once; an empty list when there are none. */
export const resolve = (host: string): Observable<readonly string[]> =>
  lookUp(host).pipe(catchError((error: unknown) => (error instanceof NameError ? of([]) : throwError(() => error))));
