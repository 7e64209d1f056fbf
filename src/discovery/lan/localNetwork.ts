import {
  catchError,
  defer,
  EMPTY,
  merge,
  mergeMap,
  NEVER,
  Observable,
  Subject,
  type Subscription,
  throwError,
  timer,
} from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import type { Datagram, UdpSocket } from '../../contracts/network.ts';
import { NetworkError } from '../../contracts/errors.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import {
  decodeLsd,
  encodeLsd,
  LSD_GROUPS,
  LSD_PORT,
  type LsdAnnounce,
  MAX_LSD_ANNOUNCED,
} from '../../protocol/lan/lsd.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { PUBLIC, reachOf } from '../../protocol/encoding/reach.ts';

/**
 * Milliseconds between two datagrams (or groups of them, if there are too many torrents for one): announcements in the
 * meantime are sent together.
 */
export const GATHER = 1_000;

/** A host in the local network announces torrents. */
export interface LocalPeer {
  readonly host: string;
  readonly port: number;
  readonly infoHashes: readonly Uint8Array[];
}

/** The local network by one address family: one socket for all torrents. */
export interface LocalNetwork {
  /** Hot: the announcements of others. */
  readonly heard$: Observable<LocalPeer>;
  /** Hot: emits when there is a new network interface, on which we have not been announced. */
  readonly moved$: Observable<void>;
  /**
   * Announces one of our torrents, and the port on which we listen: immediately, or within a second together with
   * others.
   */
  announce(infoHash: Uint8Array, port: number): void;
}

/**
 * The local network, by each address family that this machine has, for as long as it is subscribed to. Torrents share
 * it: `localNetwork(env).pipe(shareReplay({ bufferSize: 2, refCount: true }))`.
 *
 * ```
 *   result  4-6----
 * ```
 *
 * Our own announcements are recognised by a cookie, and ignored; so are those from outside the local network. Never
 * errors; completes only if there is neither family. BEP 14.
 */
export const localNetwork = (env: Pick<Env, 'bindUdp' | 'randomBytes'>): Observable<LocalNetwork> =>
  defer(() => {
    const cookie = toHex(env.randomBytes(4));
    const families = ([4, 6] as const).map((family) =>
      env.bindUdp({ port: LSD_PORT, family, multicast: LSD_GROUPS[family] }).pipe(
        mergeMap((socket) => networkOf(socket, family, cookie)),
        catchError((error: unknown) => (error instanceof NetworkError ? EMPTY : throwError(() => error))),
      ),
    );
    return merge(...families);
  });

const networkOf = (socket: UdpSocket, family: 4 | 6, cookie: string): Observable<LocalNetwork> =>
  new Observable((subscriber) => {
    const announcements = new Announcements(socket, family, cookie, subscriber);
    // Each listener must cost as little as possible: a thousand torrents listen.
    const heard$ = new Subject<LocalPeer>();
    const hear = (datagram: Datagram): void => {
      const heard = announceIn(datagram);
      if (heard !== undefined && heard.cookie !== cookie) heard$.next({ ...heard, host: datagram.from.host });
    };
    subscriber.add(socket.datagrams$.subscribe({ next: hear, error: (cause: unknown) => heard$.error(cause) }));
    subscriber.next({
      heard$,
      moved$: socket.moved$ ?? NEVER,
      announce: (infoHash, port) => announcements.add(infoHash, port),
    });
  });

/** Our announcements by one socket: one is sent immediately, those of the next second are sent together. */
class Announcements {
  readonly #socket: UdpSocket;
  readonly #family: 4 | 6;
  readonly #cookie: string;
  readonly #life: Subscription;
  /**
   * Announcements to be sent when a second has passed, by port and info-hash; undefined if none was sent within the
   * last second.
   */
  #waiting: Map<string, { readonly infoHash: Uint8Array; readonly port: number }> | undefined;

  /** Nothing is sent once `life` is over. */
  constructor(socket: UdpSocket, family: 4 | 6, cookie: string, life: Subscription) {
    this.#socket = socket;
    this.#family = family;
    this.#cookie = cookie;
    this.#life = life;
  }

  add(infoHash: Uint8Array, port: number): void {
    if (this.#life.closed) return;
    if (this.#waiting !== undefined) return void this.#waiting.set(`${port} ${toHex(infoHash)}`, { infoHash, port });
    this.#wait();
    this.#send(port, [infoHash]);
  }

  #wait(): void {
    this.#waiting = new Map();
    this.#life.add(timer(GATHER).subscribe(() => this.#sendWaiting()));
  }

  #sendWaiting(): void {
    const all = [...(this.#waiting?.values() ?? [])];
    this.#waiting = undefined;
    if (all.length > 0) this.#wait();
    for (const port of new Set(all.map((each) => each.port))) {
      const ofPort = all.filter((each) => each.port === port);
      this.#send(
        port,
        ofPort.map(({ infoHash }) => infoHash),
      );
    }
  }

  #send(port: number, infoHashes: readonly Uint8Array[]): void {
    const to = { host: LSD_GROUPS[this.#family], port: LSD_PORT };
    for (let at = 0; at < infoHashes.length; at += MAX_LSD_ANNOUNCED) {
      const some = infoHashes.slice(at, at + MAX_LSD_ANNOUNCED);
      this.#socket.send(encodeLsd({ port, infoHashes: some, cookie: this.#cookie }, this.#family), to);
    }
  }
}

/** Decodes an announcement from the local network; undefined for anything else. */
const announceIn = ({ bytes, from }: Datagram): LsdAnnounce | undefined => {
  if (reachOf(from.host) === PUBLIC) return undefined;
  try {
    return decodeLsd(bytes);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
};
