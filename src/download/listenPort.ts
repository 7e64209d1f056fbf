import { EMPTY, Observable, of } from 'rxjs';
import type { InboundPort } from '../discovery/inbound/inboundPort.ts';
import type { PortOpen, Warning } from '../contracts/events.ts';
import type { PeerAddress } from '../contracts/network.ts';
import { NetworkError } from '../contracts/errors.ts';

/** The port where peers can call us somehow, if nobody says which. */
const PORT = 6881;

/** Where peers reach us for one torrent, as trackers, the DHT, the local network and peers are told. */
export interface ListenPort {
  /** 0 if nobody can call us. */
  readonly port: number;
  /** Peers can call us there. */
  readonly listens: boolean;
  /** Who calls. */
  readonly calls$: Observable<PeerAddress>;
  /** What is to be told about it. */
  readonly news: readonly (PortOpen | Warning)[];
}

export interface ListenPortOptions {
  /** An open port; downloads may share one: `reception(…).pipe(shareReplay({ bufferSize: 1, refCount: true }))`. */
  readonly reception$?: Observable<InboundPort> | undefined;
  /**
   * The port that is told if there is no `reception$`. 6881 if peers can call us there, else 0: nobody is sent to a
   * closed port.
   */
  readonly port?: number | undefined;
  /** Peers can call us at `port`, somehow. No if not given. */
  readonly listens?: boolean | undefined;
}

/** Emits once, when it is known where peers reach us. That no port could be had is a warning. */
export const listenPort = (
  infoHash: Uint8Array,
  { reception$, listens = false, port = listens ? PORT : 0 }: ListenPortOptions,
): Observable<ListenPort> => {
  const closed: ListenPort = { port, listens, calls$: EMPTY, news: [] };
  if (reception$ === undefined) return of(closed);
  const warned = ({ code, message }: NetworkError): ListenPort => ({
    ...closed,
    news: [{ type: 'warning', code, message }],
  });
  return new Observable((subscriber) => {
    const next = (it: InboundPort): void => {
      // Who calls while what is there is checked is not sent away.
      subscriber.add(it.expecting?.(infoHash).subscribe());
      subscriber.next({
        port: it.port,
        listens: true,
        calls$: it.peersOf(infoHash),
        news: [{ type: 'port-open', port: it.port }],
      });
    };
    const error = (cause: unknown): void =>
      cause instanceof NetworkError ? subscriber.next(warned(cause)) : subscriber.error(cause);
    return reception$.subscribe({ next, error });
  });
};
