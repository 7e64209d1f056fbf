import type { Observable } from 'rxjs';
import type {
  Connect,
  HttpReply,
  HttpRequest,
  HttpStream,
  HttpStreamRequest,
  Listening,
  ListenOptions,
  UdpOptions,
  UdpSocket,
} from './network.ts';
import type { Content, ContentOptions, Storage, Target, Verify } from './storage.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import type { Room } from '../torrent/peers/connectionBudget.ts';
import type { Hasher } from '../torrent/pieces/pieceDrafts.ts';

/**
 * The outside world. A failure of the network is a `NetworkError`, a failure of the disk a `StorageError`. Every
 * function returns a cold Observable: subscribing acts, unsubscribing undoes.
 */
export interface Env {
  readonly connect: Connect;
  /**
   * Emits one open port and does not complete. Errors with a `NetworkError` if none of the ports can be bound:
   * `port-taken`, `port-denied`, `no-address`, `no-room`.
   */
  listen(options: ListenOptions): Observable<Listening>;
  /** Emits one reply, whatever its status. Errors with a `NetworkError` (`unreachable`, `timeout`, `malformed`, …). */
  httpGet(request: HttpRequest): Observable<HttpReply>;
  /**
   * Emits one answer when it begins, whatever its status, and completes when all of it has been read. Errors with a
   * `NetworkError`. Without it no web seed is used.
   */
  readonly httpStream?: ((request: HttpStreamRequest) => Observable<HttpStream>) | undefined;
  /** Emits one bound socket and does not complete. Errors with a `NetworkError` if it can't be bound: see `listen`. */
  bindUdp(options: UdpOptions): Observable<UdpSocket>;
  /** Emits the addresses of a host name, or the literal itself; an empty list if there are none. Never errors. */
  resolve(host: string): Observable<readonly string[]>;
  /**
   * Emits one storage; unsubscribing closes its files. Errors with a `StorageError` (`locked` when another process has
   * it).
   */
  openStorage(torrent: Torrent, target: Target): Observable<Storage>;
  verify(torrent: Torrent): Verify;
  /** Do other threads verify pieces? Then pieces are assembled in memory that is shared with these threads. */
  readonly sharesMemory?: boolean;
  /**
   * Digests a piece of `torrent` while its blocks arrive, so that `verify` has only to compare. Where it is absent or
   * returns undefined, `verify` computes the whole digest.
   */
  hasher?(torrent: Pick<Torrent, 'pieceSizes' | 'pieceRoots'>): Hasher | undefined;
  /** How many connections and announces may be open at once, as the system permits this process. No limit if absent. */
  readonly room?: Room | undefined;
  /** True if `connect` can dial a peer that calls us at the same moment, as `PeerAddress.punch` says. */
  readonly holepunch?: boolean | undefined;
  /** True if nobody is to be told which client we are, nor what our addresses are. */
  readonly anonymous?: boolean | undefined;
  /** A random number, 0 ≤ x < 1. */
  random(): number;
  /** Returns `length` unpredictable bytes. */
  randomBytes(length: number): Uint8Array;
}

/** What making a torrent needs of the outside world. */
export interface CreateEnv {
  /** Emits once and completes. Errors with a `StorageError`, or an `InputError` for what no torrent can hold. */
  openContent(path: string, options?: ContentOptions): Observable<Content>;
}
