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
  const lookup = literalOf(family);
  const socket = createSocket({ type, ipv6Only: family === 6, recvBufferSize: RECEIVE_BUFFER, lookup });
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
    const sends = sending(socket, family, peer !== undefined, streams);
    const unsent: UdpSocket['send'] = (_, to) => streams.failed(to, lost as Error);
    const send: UdpSocket['send'] = (bytes, to) => (closed ? undefined : (lost ? unsent : sends)(bytes, to));
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

/** Sends by a socket that is open; what is no address of its family is lost silently. */
const sending = (socket: Socket, family: 4 | 6, isConnected: boolean, streams: UdpStreams): UdpSocket['send'] => {
  let last: UdpEndpoint | undefined;
  const told = (error: Error | null): void => (error === null ? undefined : streams.failed(goneTo(error), error));
  return (bytes, to) => {
    // Code that sends much to one address names it by the same object.
    if (to !== last && !isPlace(to, family)) return;
    last = to;
    if (isConnected) socket.send(bytes, (error) => (error === null ? undefined : streams.failed(to, error)));
    else socket.send(bytes, to.port, to.host, told);
  };
};

const isPlace = ({ host, port }: UdpEndpoint, family: 4 | 6): boolean =>
  port > 0 && port < 65_536 && isIP(host) === family;

/** Where a datagram was to go that could not be sent: Node says so in the error. */
const goneTo = (error: Error & { readonly address?: string; readonly port?: number }): UdpEndpoint => ({
  host: error.address ?? '',
  port: error.port ?? 0,
});

type Found = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

/**
 * Datagrams go to literals of one family only, and there is nothing to look up: Node would put each of them off for it,
 * and compile a pattern for 10 ms to see that `::` is an address.
 */
const literalOf =
  (family: 4 | 6) =>
  (host: string, _: unknown, then: Found): void =>
    then(null, host, family);

/** The addresses of a host name. Emits once; an empty list when there are none. */
export const resolve = (host: string): Observable<readonly string[]> =>
  lookUp(host).pipe(catchError((error: unknown) => (error instanceof NameError ? of([]) : throwError(() => error))));
