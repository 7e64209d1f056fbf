import { defer, Observable, type Subscriber, switchMap } from 'rxjs';
import { now } from '../../contracts/clock.ts';
import type { Env } from '../../contracts/env.ts';
import type { ListenOptions, PeerAddress } from '../../contracts/network.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { InboundHandshake } from './inboundHandshake.ts';
import { AcceptLimiter } from './acceptLimiter.ts';
import { TorrentMarks } from './torrentMarks.ts';

/**
 * Maximum number of callers whose handshake is not complete. If there is one more, the one that has waited longest is
 * disconnected.
 */
export const MAX_UNDECIDED = 100;

/** The ports that are tried by default. */
export const PORTS: readonly number[] = [6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889];

/** A port on which peers can connect to us, for any torrent. */
export interface InboundPort {
  readonly port: number;
  /**
   * The peers that call for this torrent while it is subscribed to. Never completes. A subscriber without a place for a
   * caller does not subscribe to its `wire$`.
   */
  peersOf(infoHash: Uint8Array): Observable<PeerAddress>;
  /**
   * While it is subscribed to, peers that call for this torrent too early, before `peersOf` is subscribed to, wait for
   * a while. Never completes.
   */
  expecting?(infoHash: Uint8Array): Observable<never>;
}

/**
 * Opens a port for the peers of all torrents. Emits once and does not complete. Unsubscribing closes the port;
 * connections that were passed on stay open. At most `undecided` callers whose handshake is not complete are kept.
 * Errors with a `NetworkError`, as `Env.listen` does, if no port is available.
 */
export const inboundPort = (
  env: Pick<Env, 'listen'>,
  options: ListenOptions,
  undecided: number = MAX_UNDECIDED,
): Observable<InboundPort> =>
  defer(() => {
    const desk = new Desk(Math.min(MAX_UNDECIDED, undecided));
    return env
      .listen({ ...options, torrentOf: (mark) => desk.torrentOf(mark) })
      .pipe(switchMap(({ port, calls$ }) => opened(desk, port, calls$)));
  });

const opened = (desk: Desk, port: number, calls$: Observable<PeerAddress>): Observable<InboundPort> =>
  new Observable((subscriber) => {
    subscriber.add(calls$.subscribe((call) => desk.called(call)));
    subscriber.add(() => desk.close());
    subscriber.next({
      port,
      peersOf: (infoHash) => desk.peersOf(infoHash),
      expecting: (infoHash) => desk.expecting(infoHash),
    });
  });

/**
 * Routes callers to torrents. Depends on the limiter, and on which torrents are wanted. At most `most` callers with an
 * incomplete handshake are kept: the one that has been silent for longest makes room for the next.
 */
class Desk {
  readonly #most: number;
  readonly #doorman = new AcceptLimiter();
  readonly #undecided = new Set<InboundHandshake>();
  readonly #torrents = new Map<string, Subscriber<PeerAddress>[]>();
  readonly #expected = new Map<string, number>();
  readonly #marks = new TorrentMarks();

  constructor(most: number) {
    this.#most = most;
  }

  torrentOf(mark: Uint8Array): Uint8Array | undefined {
    return this.#marks.find(mark);
  }

  called(call: PeerAddress): void {
    if (!this.#doorman.admits(call.host, now())) return;
    const [oldest] = this.#undecided;
    // A peer that wants something says so immediately: silent callers make room for new ones.
    if (this.#undecided.size >= this.#most) oldest?.hangUp();
    const caller: InboundHandshake = new InboundHandshake(call, {
      later: (infoHash) => this.#later(toHex(infoHash)),
      route: (infoHash, address) => this.#route(infoHash, address),
      settled: () => this.#undecided.delete(caller),
    });
    this.#undecided.add(caller);
    caller.listen();
  }

  peersOf(infoHash: Uint8Array): Observable<PeerAddress> {
    const key = toHex(infoHash);
    return new Observable((subscriber) => {
      const others = this.#torrents.get(key) ?? [];
      this.#torrents.set(key, [...others, subscriber]);
      this.#marks.add(infoHash);
      for (const caller of [...this.#undecided]) caller.decide();
      return () => {
        this.#marks.remove(infoHash);
        const left = (this.#torrents.get(key) ?? []).filter((each) => each !== subscriber);
        if (left.length > 0) this.#torrents.set(key, left);
        else this.#torrents.delete(key);
      };
    });
  }

  expecting(infoHash: Uint8Array): Observable<never> {
    const key = toHex(infoHash);
    return new Observable(() => {
      this.#expected.set(key, (this.#expected.get(key) ?? 0) + 1);
      this.#marks.add(infoHash);
      return () => {
        this.#marks.remove(infoHash);
        const left = (this.#expected.get(key) ?? 1) - 1;
        if (left > 0) this.#expected.set(key, left);
        else this.#expected.delete(key);
      };
    });
  }

  #later(key: string): boolean {
    return this.#expected.has(key) && !this.#torrents.has(key);
  }

  close(): void {
    for (const caller of [...this.#undecided]) caller.hangUp();
  }

  #route(infoHash: Uint8Array, address: PeerAddress): void {
    // Only the first subscriber for the torrent: a wire cannot be taken twice.
    this.#torrents.get(toHex(infoHash))?.[0]?.next(address);
  }
}
