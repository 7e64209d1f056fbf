import { EMPTY, merge, type Observable, of, shareReplay, switchMap } from 'rxjs';
import type { DhtNode } from '../discovery/dht/node.ts';
import { localNetwork } from '../discovery/lan/localNetwork.ts';
import { PORTS, inboundPort } from '../discovery/inbound/inboundPort.ts';
import { TrackerCommons } from '../discovery/trackers/trackerCommons.ts';
import { openDownload } from '../download/download.ts';
import type { Download } from '../download/running/runningDownload.ts';
import type { DownloadOptions } from '../download/options.ts';
import { checkOptions } from '../contracts/checkOptions.ts';
import type { Env } from '../contracts/env.ts';
import type { DownloadEvent } from '../contracts/events.ts';
import { allowancesOf, type Limits } from '../download/limits/rateLimits.ts';
import { ourPeerId } from '../protocol/encoding/id.ts';
import { scoped } from '../download/streams/scoped.ts';
import { ConnectionBudget, MAX_CONNECTIONS } from '../torrent/peers/connectionBudget.ts';
import type { MagnetLink } from '../torrent/metainfo/magnet.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import { Turns } from '../download/streams/turns.ts';

/**
 * Torrents whose files are read and checked at one time: all of a thousand would want memory, and the disk's head, at
 * once.
 */
const CHECKS_AT_ONCE = 4;

export interface ClientOptions {
  /** 20 bytes; made up if not given. */
  readonly peerId?: Uint8Array;
  /** Where peers can call us: at the first of these TCP ports that is free. 6881 to 6889; none of them if empty. */
  readonly ports?: readonly number[];
  /** Listens at this address of the machine only. */
  readonly host?: string;
  /** Our node of the DHT; without it the DHT is not asked. */
  readonly dht$?: Observable<DhtNode>;
  /** Connections of all torrents together, if the system grants so many. 400. */
  readonly maxConnections?: number;
  /** Dials a second of all torrents together. 50. */
  readonly dialRate?: number;
  /** Bytes a second of all torrents together. */
  readonly limits?: Limits;
}

/** What is said of one torrent: all that is not shared. */
export type OwnOptions = Omit<
  DownloadOptions,
  'peerId' | 'reception$' | 'dht$' | 'network$' | 'budget' | 'checks' | 'commons'
>;

/** Several torrents in one process, and what they share. */
export interface Client {
  /** As the function of this name; what the client shares is not to be given again. */
  download(source: Torrent | MagnetLink, options: OwnOptions): Observable<DownloadEvent>;
  /** The same to be watched, read and changed while it runs, as `openDownload`. */
  open(source: Torrent | MagnetLink, options: OwnOptions): Observable<Download>;
}

/**
 * What downloads share: our peer id, the port where peers call us, our node of the DHT, rate limits, connections and
 * dials, announces. The torrent with fewest connections has the next one; a torrent with more than an equal part gives
 * some up to those that come later.
 *
 * Nothing happens before the first download is subscribed to, and all is closed when the last one is over. Each is as
 * cold as one of
 * `download`; errors end only the one they concern.
 *
 * @throws InputError `bad-option`
 *
 * @example
 * const { download } = client(nodeEnv(), { dht$: dhtNode(env, { bootstrap: BOOTSTRAP }) });
 * merge(...torrents.map((torrent) => download(torrent, { target: { folder: '.' } })))
 */
export const client = (env: Env, options: ClientOptions = {}): Client => {
  const { ports = PORTS, host, dialRate } = checkOptions(options);
  const most = Math.min(options.maxConnections ?? MAX_CONNECTIONS, env.room?.connections ?? Infinity);
  const peerId = options.peerId ?? ourPeerId(env);
  const budget = new ConnectionBudget({ most, ...(dialRate !== undefined && { dialRate }) });
  const checks = new Turns(CHECKS_AT_ONCE);
  const commons = new TrackerCommons(env.room);
  const reception$ =
    ports.length > 0
      ? shared(inboundPort(env, { ports, ...(host !== undefined && { host }) }, env.room?.callers))
      : undefined;
  const dht$ = options.dht$ && shared(options.dht$);
  // One for each family.
  const network$ = localNetwork(env).pipe(shareReplay({ bufferSize: 2, refCount: true }));
  const { changes$, ...within } = allowancesOf(options.limits);
  // Once for all downloads, as long as there is one.
  const limited$ = shared(merge(of(within), changes$));
  const open: Client['open'] = (source, own) => {
    const one$ = openDownload(source, env, {
      ...own,
      peerId,
      reception$,
      dht$,
      network$,
      budget,
      checks,
      commons,
      limits: { ...own.limits, within },
    });
    return changes$ === EMPTY ? one$ : scoped(limited$, () => one$);
  };
  return { open, download: (source, own) => open(source, own).pipe(switchMap(({ events$ }) => events$)) };
};

const shared = <T>(source$: Observable<T>): Observable<T> =>
  source$.pipe(shareReplay({ bufferSize: 1, refCount: true }));
