import { EMPTY, merge, Observable, of } from 'rxjs';
import type { InboundPort } from '../../discovery/inbound/inboundPort.ts';
import type { PortOpen, Warning } from '../../contracts/events.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import { NetworkError } from '../../contracts/errors.ts';
import { otherHash } from '../../protocol/encoding/id.ts';

/** The port that is announced if peers can connect to us and no option says where. */
const PORT = 6881;

/** Where peers reach us for one torrent, as trackers, the DHT, the local network and peers are told. */
export interface ListenPort {
  /** The announced port; 0 if peers can't connect to us. */
  readonly port: number;
  /** True if peers can connect to us there. */
  readonly listens: boolean;
  /** The peers that connect to us. */
  readonly calls$: Observable<PeerAddress>;
  /** The event or the warning about the port. */
  readonly news: readonly (PortOpen | Warning)[];
}

export interface ListenPortOptions {
  /** An open port; downloads may share one: `reception(…).pipe(shareReplay({ bufferSize: 1, refCount: true }))`. */
  readonly reception$?: Observable<InboundPort> | undefined;
  /**
   * The port that is announced without a `reception$`. By default 6881 if peers can connect to us there, else 0, so
   * that no peer dials a closed port.
   */
  readonly port?: number | undefined;
  /** Peers can connect to us at `port` by some other means. Default false. */
  readonly listens?: boolean | undefined;
}

/** The calls for either info-hash of a torrent. */
const callsFor = (it: InboundPort, { infoHash, other }: Called): Observable<PeerAddress> =>
  other === undefined ? it.peersOf(infoHash) : merge(it.peersOf(infoHash), it.peersOf(other));

interface Called {
  readonly infoHash: Uint8Array;
  /** Of version 2 of a hybrid. */
  readonly other: Uint8Array | undefined;
}

/** Emits once, when it is known where peers reach us. If no port could be bound, that is a warning. */
export const listenPort = (
  torrent: Parameters<typeof otherHash>[0],
  { reception$, listens = false, port = listens ? PORT : 0 }: ListenPortOptions,
): Observable<ListenPort> => {
  const closed: ListenPort = { port, listens, calls$: EMPTY, news: [] };
  if (reception$ === undefined) return of(closed);
  const [infoHash, other] = [torrent.infoHash, otherHash(torrent)];
  const warned = ({ code, message }: NetworkError): ListenPort => ({
    ...closed,
    news: [{ type: 'warning', code, message }],
  });
  return new Observable((subscriber) => {
    const next = (it: InboundPort): void => {
      // Peers that connect while the data on disk is checked are kept.
      for (const hash of other === undefined ? [infoHash] : [infoHash, other])
        subscriber.add(it.expecting?.(hash).subscribe());
      subscriber.next({
        port: it.port,
        listens: true,
        calls$: callsFor(it, { infoHash, other }),
        news: [{ type: 'port-open', port: it.port }],
      });
    };
    const error = (cause: unknown): void =>
      cause instanceof NetworkError ? subscriber.next(warned(cause)) : subscriber.error(cause);
    return reception$.subscribe({ next, error });
  });
};
