import { connect, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as secure } from 'node:tls';
import { map, mergeMap, Observable, type Subscription, throwIfEmpty } from 'rxjs';
import type { LookUp } from './names/lookUpType.ts';
import { NameError } from './names/nameError.ts';
import { raced } from './raced.ts';
import { CONNECT_WITHIN } from './tcp.ts';

/** The system would say so, too, if it was not so patient. */
class DialError extends Error {
  override readonly name = 'DialError';
  readonly code = 'ETIMEDOUT';
}

/**
 * A connection to one address. Emits the socket when it is open, and completes: from then on it belongs to whoever took
 * it.
 */
const dialled = (host: string, port: number, within: number): Observable<Socket> =>
  new Observable((subscriber) => {
    const socket = connect({ host, port, noDelay: true });
    const failed = (error: Error): void => subscriber.error(error);
    socket.once('error', failed);
    socket.setTimeout(within, () => failed(new DialError(`no connection within ${within / 1000} s`)));
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('timeout').off('error', failed);
      subscriber.next(socket);
      subscriber.complete();
    });
    return () => {
      if (socket.connecting) socket.destroy();
    };
  });

/** Whom a request goes to. */
export interface Host {
  readonly url: URL;
  readonly look: LookUp;
  /** Which of the addresses that were found may be dialled; by an error, that none of them may. */
  readonly judged: (addresses: readonly string[]) => readonly string[];
  /** The only one whose addresses are dialled, if given. */
  readonly family?: 4 | 6 | undefined;
}

/**
 * Opens a connection to the host of an http(s) URL: its addresses race, and each has its full time.
 *
 * ```
 *   subscribe  ----(s|)    a socket, for https one that secures itself
 * ```
 *
 * Errors with that of the lookup, of `judged`, or of the socket. Unsubscribing closes what was not emitted.
 */
export const dialHost = ({ url, look, judged, family }: Host): Observable<Socket> => {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isSecure = url.protocol === 'https:';
  const port = Number(url.port === '' ? (isSecure ? 443 : 80) : url.port);
  return look(host).pipe(
    map((addresses) => judged(family === undefined ? addresses : addresses.filter((each) => isIP(each) === family))),
    mergeMap((addresses) => raced(addresses, (address) => dialled(address, port, CONNECT_WITHIN))),
    throwIfEmpty(() => new NameError('ENOTFOUND', host)),
    // An address is no name that could be asked for (RFC 6066), but a certificate may be for one.
    map((socket) =>
      isSecure
        ? secure({ socket, host, servername: isIP(host) === 0 ? host : '', ALPNProtocols: ['http/1.1'] })
        : socket,
    ),
  );
};

/** The same as what Node's requests and agents call `createConnection`, until `life` is over. */
export const dialFor =
  (host: Host, life: Subscription) =>
  (_: unknown, ready: (error: Error | null, socket: Duplex) => void): undefined => {
    // Where there is an error, nobody looks at the socket.
    const failed = (error: Error): void => ready(error, undefined as unknown as Duplex);
    life.add(dialHost(host).subscribe({ next: (socket) => ready(null, socket), error: failed }));
  };
