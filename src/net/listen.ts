import { createServer, type Server, Socket, type SocketConstructorOpts } from 'node:net';
import { catchError, concat, map, NEVER, Observable, of, Subject, switchMap, throwError } from 'rxjs';
import type { ListenOptions, Listening, PeerAddress, Wire } from '../contracts/network.ts';
import { NetworkError } from '../contracts/errors.ts';
import { addressText } from '../protocol/encoding/address.ts';
import { bindWords } from './errorWords.ts';
import { portCode } from './networkCode.ts';
import { socketWire } from './socketWire.ts';

/**
 * Connections that the kernel queues until we accept them: with a shorter queue, many simultaneous callers wait for a
 * second and longer.
 */
const BACKLOG = 511;

/**
 * Listens for peers over TCP, with both families: emits once the first free port of `ports` is bound. Unsubscribing
 * stops listening; connections accepted by then stay open. A caller is hung up on unless a subscriber takes its `wire$`
 * while it is emitted. When this process has no descriptor left for a caller, the caller is turned away. Errors with a
 * `NetworkError` if none of the ports can be bound: `port-taken`, `port-denied`, `no-address`, `no-room`.
 */
export const listenTcp = ({ ports, host }: ListenOptions): Observable<Listening> =>
  new Observable((subscriber) => {
    const calls$ = new Subject<PeerAddress>();
    const accept = (socket: Socket): void => {
      const call = callOf(socket);
      if (call !== undefined) calls$.next(call);
      // A subscriber that answers has taken the descriptor out of this socket.
      socket.destroy();
    };
    subscriber.add(() => calls$.complete());
    subscriber.add(
      firstOf(ports, (port) => bindAll(port, host, accept))
        .pipe(map((port): Listening => ({ port, calls$: calls$.asObservable() })))
        .subscribe(subscriber),
    );
  });

type Accept = (socket: Socket) => void;

const firstOf = (ports: readonly number[], bind: (port: number) => Observable<number>): Observable<number> => {
  const range = ports.length > 1 ? `ports ${ports[0]}–${ports.at(-1)}` : `port ${ports[0]}`;
  let last: unknown;
  const failed = (what: string, cause: unknown): NetworkError =>
    new NetworkError(portCode(cause), `TCP ${what}`, bindWords(cause), { cause });
  const none$ = throwError(() => failed(range, last));
  return ports.reduceRight<Observable<number>>((otherwise$, port) => {
    const taken = (error: unknown): Observable<number> => {
      const { code } = error as NodeJS.ErrnoException;
      last = error;
      if (code === 'EADDRINUSE' || code === 'EACCES') return otherwise$;
      return throwError(() => failed(`port ${port}`, error));
    };
    // A bound server no longer errors, so an error caught here is about this port.
    return bind(port).pipe(
      catchError((error: unknown) => (error instanceof NetworkError ? throwError(() => error) : taken(error))),
    );
  }, none$);
};

/** Binds both families where the machine has both; the port is that of the first. */
const bindAll = (port: number, host: string | undefined, accept: Accept): Observable<number> => {
  if (host !== undefined) return bound(host, port, accept);
  const withSix = (four: number): Observable<number> =>
    bound('::', four, accept).pipe(
      map(() => four),
      catchError(() => concat(of(four), NEVER)),
    );
  const onlySix = (error: unknown): Observable<number> =>
    isMissing(error) ? bound('::', port, accept) : throwError(() => error);
  return bound('0.0.0.0', port, accept).pipe(catchError(onlySix), switchMap(withSix));
};

const isMissing = (error: unknown): boolean =>
  ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Emits the port once it is bound, and does not complete. */
const bound = (host: string, port: number, accept: Accept): Observable<number> =>
  new Observable((subscriber) => {
    const server: Server = createServer({ pauseOnConnect: true, noDelay: true }, accept);
    let listening = false;
    server.on('error', (error) => {
      // After binding, an error means that there was no descriptor for a caller. The next caller may have more luck.
      if (!listening) subscriber.error(error);
    });
    server.listen({ host, port, ipv6Only: true, backlog: BACKLOG }, () => {
      listening = true;
      const address = server.address();
      if (address !== null && typeof address === 'object') subscriber.next(address.port);
    });
    return () => server.close();
  });

/** Node's own way to hand a connection over: the handle that the socket holds. */
interface Held {
  _handle: object | null;
}

const callOf = (accepted: Socket): PeerAddress | undefined => {
  const { remoteAddress: host, remotePort: port } = accepted;
  if (host === undefined || port === undefined) return undefined;
  const wire$ = new Observable<Wire>((subscriber) => {
    const held = accepted as unknown as Held;
    const handle = held._handle;
    if (handle === null || accepted.destroyed) {
      subscriber.error(new NetworkError('reset', addressText({ host, port }), 'connected to us, and has left'));
      return;
    }
    // Only new sockets, not accepted ones, can be told to read into a given buffer.
    held._handle = null;
    const { socket, wire } = socketWire(
      address,
      subscriber,
      (onread) => new Socket({ handle, onread } as SocketConstructorOpts),
    );
    subscriber.next(wire);
    if (!subscriber.closed) socket.resume();
  });
  const address: PeerAddress = { host, port, source: 'incoming', wire$ };
  return address;
};
