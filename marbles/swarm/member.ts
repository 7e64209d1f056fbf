import { BehaviorSubject, catchError, defer, EMPTY, type Observable, Subscription, switchMap } from 'rxjs';
import { client } from '../../src/client/client.ts';
import { dhtNode } from '../../src/discovery/dht/node.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { UdpEndpoint } from '../../src/contracts/network.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { Torrent } from '../../src/torrent/metainfo/metainfo.ts';
import type { NetworkedHost } from '../network/network.ts';
import type { Fate, Stop } from './plan.ts';
import type { HostRun } from './run.ts';
import type { WatchedClient } from './watchedClient.ts';

/** Where everybody listens. */
export const PORT = 6881;

/** Nodes of the DHT that everybody knows: of two nodes alone neither would hear of the other. */
export const DHT: readonly UdpEndpoint[] = [1, 2, 3].map((nth) => ({ host: `10.255.0.${nth}`, port: PORT }));

type Load = Pick<HostRun, 'wires' | 'excess' | 'timers'>;
type Counts = { -readonly [Key in 'downloaded' | 'uploaded' | 'wasted']: number };

/**
 * One client of ours in a swarm, and what became of it. Depends on its events.
 */
export class Member {
  readonly host: NetworkedHost;
  readonly nth: number;
  /** When it was complete for the first time. */
  done: number | undefined;
  readonly #counts: Counts = { downloaded: 0, uploaded: 0, wasted: 0 };
  readonly #left: HostRun['left'][number][] = [];
  readonly #warnings: string[] = [];
  #corrupt = 0;
  #load: Load = { wires: 0, excess: 0, timers: 0 };
  #stored = 0;
  #error: unknown;
  /** Its program has ended with an error. */
  #hasEnded = false;
  readonly #isHere$ = new BehaviorSubject(false);
  #running = Subscription.EMPTY;
  readonly #now: () => number;
  readonly #watched: WatchedClient | undefined;

  constructor(host: NetworkedHost, nth: number, now: () => number, watched?: WatchedClient) {
    this.host = host;
    this.nth = nth;
    this.#now = now;
    this.#watched = watched;
  }

  /** Is it there, with a program that runs? */
  get isHere(): boolean {
    return this.#isHere$.value && this.host.state !== 'down' && this.host.state !== 'gone';
  }

  /** Runs a client whenever it is there, with a node of the DHT if it is to have one. */
  begin(torrent: Torrent, inDht: boolean, options: Partial<DownloadOptions>): void {
    const program$ = defer(() => {
      const dht$ = dhtNode(this.host.env, { port: PORT, bootstrap: DHT });
      const ours = client(this.host.env, { ports: [PORT], ...(inDht && { dht$ }) });
      return ours.download(torrent, { target: { folder: '.' }, seed: {}, ...options });
    });
    const events$: Observable<DownloadEvent> = this.#isHere$.pipe(
      switchMap((isHere) =>
        (isHere ? this.host.runs(program$) : EMPTY).pipe(catchError((error: unknown) => this.#fell(error))),
      ),
    );
    this.#running = events$.subscribe((event) => this.#hear(event));
  }

  /** Something happens to it. */
  meets(fate: Fate | { readonly does: 'joins' }): void {
    this.host.enters(() => (fate.does === 'jumps' ? this.host.jumps(fate.by) : this.#meets(fate.does)));
  }

  #meets(does: Stop['does'] | 'joins'): void {
    if (does === 'crashes' || does === 'vanishes' || does === 'leaves') this.#watched?.forgets();
    if (does === 'joins' || does === 'returns') {
      this.host.comeBack();
      if (!this.#isHere$.value || this.#hasEnded) this.#isHere$.next(true);
      this.#hasEnded = false;
    } else if (does === 'freezes') this.host.freeze();
    else if (does === 'leaves') this.#isHere$.next(false);
    else this.host.crash(does === 'crashes' ? 'loudly' : 'silently');
  }

  /** What it takes of the network now, and of its machine. */
  takes({ wires, excess }: Pick<Load, 'wires' | 'excess'>): void {
    const load = this.#load;
    this.#load = {
      wires: Math.max(load.wires, wires),
      excess: Math.max(load.excess, excess),
      timers: Math.max(load.timers, this.host.timers),
    };
  }

  /** It is over for everybody. */
  end(): void {
    this.host.comeBack();
    this.#running.unsubscribe();
  }

  #fell(error: unknown): Observable<never> {
    this.#error = error;
    this.#hasEnded = true;
    this.#watched?.forgets();
    return EMPTY;
  }

  #hear(event: DownloadEvent): void {
    if (event.type === 'done') this.done ??= this.#now();
    else if (event.type === 'stored') this.#stores();
    else if (event.type === 'corrupt') this.#isCorrupt(event.index);
    else if (event.type === 'warning') this.#warnings.push(event.code);
    else if (event.type === 'progress') this.#count(event);
    else if (event.type === 'peer-left')
      this.#left.push({ at: this.#now(), host: event.address.host, reason: event.reason });
  }

  /** What is stored when it was complete before could not be read meanwhile. */
  #stores(): void {
    if (this.done === undefined) this.#stored = this.#now();
  }

  #isCorrupt(piece: number): void {
    this.#corrupt++;
    this.#watched?.forgetsPiece(piece);
  }

  #count({ downloaded, uploaded, wasted }: Counts): void {
    Object.assign(this.#counts, { downloaded, uploaded, wasted });
  }

  get run(): HostRun {
    return {
      address: this.host.address,
      nth: this.nth,
      ...(this.done !== undefined && { done: this.done }),
      stored: this.#stored,
      ...this.#counts,
      ...this.#load,
      isWhole: this.host.disk().isWhole,
      corrupt: this.#corrupt,
      left: this.#left,
      warnings: this.#warnings,
      offences: this.#watched?.offences ?? [],
      twice: this.#watched?.twice ?? 0,
      longestWait: this.#watched?.longestWait ?? 0,
      drafts: this.#watched?.drafts ?? 0,
      ...(this.#error !== undefined && { error: this.#error }),
    };
  }
}
