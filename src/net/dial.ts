import { connect, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as secure } from 'node:tls';
import { map, mergeMap, Observable, type Subscription, throwIfEmpty } from 'rxjs';
import type { LocalAddresses } from './bind/localAddresses.ts';
import type { LookUp } from './names/lookUpType.ts';
import { NameError } from './names/nameError.ts';
import { raced } from './raced.ts';
import { CONNECT_WITHIN } from './tcp.ts';

/** The system times out as well, but only after minutes. */
class DialError extends Error {
  override readonly name = 'DialError';
  readonly code = 'ETIMEDOUT';
}

/**
 * A connection to one address, from one of `local` only. Emits the socket when it is open, and completes: from then on
 * the socket belongs to the subscriber. It is cut off when the address that it comes from is gone.
 */
export const dialled = (host: string, port: number, within: number, local?: LocalAddresses): Observable<Socket> =>
  new Observable((subscriber) => {
    const from = local?.must(host.includes(':') ? 6 : 4);
    const socket = connect({ host, port, noDelay: true, ...(from !== undefined && { localAddress: from }) });
    if (local !== undefined && from !== undefined) {
      const watch = local
        .lost(from)
        .subscribe({ error: (gone: unknown) => socket.resetAndDestroy().emit('error', gone) });
      socket.once('close', () => watch.unsubscribe());
    }
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

/** How web servers are reached. */
export interface WebWay {
  /** Opens a connection to one address. Emits the socket when it is open, and completes. */
  readonly open: (host: string, port: number) => Observable<Socket>;
  /** Do sockets lead to a host that passes on what we say? Then their addresses say nothing of the host. */
  readonly passesOn?: boolean;
}

/** By whatever address and route the system chooses. */
export const directly: WebWay['open'] = (host, port) => dialled(host, port, CONNECT_WITHIN);

/** The host that a request goes to. */
export interface Host {
  readonly way: WebWay;
  readonly url: URL;
  readonly look: LookUp;
  /** Returns those of the resolved addresses that may be dialled; throws if none of them may. */
  readonly judged: (addresses: readonly string[]) => readonly string[];
  /** If given, only addresses of this family are dialled. */
  readonly family?: 4 | 6 | undefined;
}

/**
 * Opens a connection to the host of an http(s) URL: its addresses race, and each has its full time.
 *
 * ```
 *   subscribe  ----(s|)    a socket, for https one that secures itself
 * ```
 *
 * Errors with the error of the lookup, of `judged`, or of the socket. Unsubscribing closes each socket that was not
 * emitted.
 */
export const dialHost = ({ url, look, judged, family, way }: Host): Observable<Socket> => {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isSecure = url.protocol === 'https:';
  const port = Number(url.port === '' ? (isSecure ? 443 : 80) : url.port);
  return look(host).pipe(
    map((addresses) => judged(family === undefined ? addresses : addresses.filter((each) => isIP(each) === family))),
    mergeMap((addresses) => raced(addresses, (address) => way.open(address, port))),
    throwIfEmpty(() => new NameError('ENOTFOUND', host)),
    // SNI carries no address literals (RFC 6066), but a certificate may be for an address.
    map((socket) =>
      isSecure
        ? secure({ socket, host, servername: isIP(host) === 0 ? host : '', ALPNProtocols: ['http/1.1'] })
        : socket,
    ),
  );
};

/** The same as the `createConnection` that Node's requests and agents call, until `life` is over. */
export const dialFor =
  (host: Host, life: Subscription) =>
  (_: unknown, ready: (error: Error | null, socket: Duplex) => void): undefined => {
    // Node does not look at the socket when there is an error.
    const failed = (error: Error): void => ready(error, undefined as unknown as Duplex);
    life.add(dialHost(host).subscribe({ next: (socket) => ready(null, socket), error: failed }));
  };
