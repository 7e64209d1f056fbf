import type { Observable } from 'rxjs';
import type { Connect, HttpReply, HttpRequest, Listening, ListenOptions, UdpOptions, UdpSocket } from './network.ts';
import type { Content, ContentOptions, Storage, Target, Verify } from './storage.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import type { Room } from '../torrent/peers/connectionBudget.ts';
import type { Hasher } from '../torrent/pieces/pieceDrafts.ts';

/**
 * The outside world. What the network does to us is a `NetworkError`, and what the disk does a `StorageError`. Every
 * function returns a cold Observable: subscribing acts, unsubscribing undoes.
 */
export interface Env {
  readonly connect: Connect;
  /**
   * Emits one open port and does not complete. Errors with a `NetworkError` if none of them can be had: `port-taken`,
   * `port-denied`, `no-address`, `no-room`.
   */
  listen(options: ListenOptions): Observable<Listening>;
  /** One reply, whatever its status; errors with a `NetworkError` (`unreachable`, `timeout`, `malformed`, …). */
  httpGet(request: HttpRequest): Observable<HttpReply>;
  /** Emits one bound socket and does not complete. Errors with a `NetworkError` if it can't be bound: see `listen`. */
  bindUdp(options: UdpOptions): Observable<UdpSocket>;
  /** The addresses of a host name, or the literal itself; empty if there is none. Never errors. */
  resolve(host: string): Observable<readonly string[]>;
  /**
   * One storage; unsubscribing closes its files. Errors with a `StorageError` (`locked` when another process has it).
   */
  openStorage(torrent: Torrent, target: Target): Observable<Storage>;
  verify(torrent: Torrent): Verify;
  /** Do other threads verify? Then pieces are gathered in memory that is shared with them. */
  readonly sharesMemory?: boolean;
  /**
   * Digests a piece while it comes, so that `verify` has only to compare. Without it, or where it is undefined,
   * `verify` does it all.
   */
  hasher?(): Hasher | undefined;
  /**
   * How many of each may be open at one time, by what the system grants this process. No limit of its own if not given.
   */
  readonly room?: Room | undefined;
  /** 0 ≤ x < 1. */
  random(): number;
  /** `length` unpredictable bytes. */
  randomBytes(length: number): Uint8Array;
}

/** What making a torrent needs of the outside world. */
export interface CreateEnv {
  /** Emits once and completes. Errors with a `StorageError`, or an `InputError` for what no torrent can hold. */
  openContent(path: string, options?: ContentOptions): Observable<Content>;
}
