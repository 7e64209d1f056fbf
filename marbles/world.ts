import {
  Observable,
  Subject,
  asapScheduler,
  defer,
  finalize,
  map,
  mergeMap,
  observeOn,
  tap,
  throwError,
  timer,
} from 'rxjs';
import type { Env } from '../src/contracts/env.ts';
import type {
  HttpReply,
  HttpRequest,
  HttpStream,
  HttpStreamRequest,
  ListenOptions,
  Listening,
  PeerAddress,
  Wire,
} from '../src/contracts/network.ts';
import { NetworkError } from '../src/contracts/errors.ts';
import { addressText } from '../src/protocol/encoding/address.ts';
import { announced } from './announced.ts';
import { DrawnDisk, type DiskOptions } from './disk.ts';
import type { Mark } from './lane.ts';
import type { Player, Said } from './players.ts';
import { seeded } from './random.ts';
import { sameBytes } from './same.ts';
import { Hearing, encodeWord, type Word } from './speech.ts';
import type { Backdrop } from './backdrop.ts';
import { pieceBytes } from './torrent.ts';
import { DrawnUdp, type UdpNetworkOptions } from './network/udp.ts';

export interface WorldOptions {
  /** The peers that listen, by `host:port`. All other addresses refuse. */
  readonly peers?: Readonly<Record<string, Player>>;
  /** The peers that call us: from which `host:port`, and how many milliseconds after we began to listen. */
  readonly callers?: Readonly<Record<string, { readonly at: number; readonly player: Player }>>;
  /** TCP ports that other programs occupy. */
  readonly taken?: readonly number[];
  /** The answer to the nth request, counted from 1. By default the addresses of all `peers`, after 5 ms. */
  readonly tracker?: (request: HttpRequest, nth: number) => Observable<HttpReply>;
  /** The answers of web seeds; there are none if it is absent. */
  readonly web?: (request: HttpStreamRequest) => Observable<HttpStream>;
  readonly disk?: DiskOptions | DrawnDisk;
  /** The network for datagrams: its options, or an existing network with other machines on it. */
  readonly udp?: UdpNetworkOptions | DrawnUdp;
  /** Milliseconds to open a connection. */
  readonly dialling?: number;
  /** Milliseconds to check a piece. */
  readonly hashing?: number;
  /** Longest chunk that a wire delivers, in bytes. */
  readonly chunk?: number;
  /** The seed of the random numbers. */
  readonly seed?: number;
}

/** A virtual world, and a record of what was done in it. */
export interface World {
  readonly env: Env;
  readonly disk: DrawnDisk;
  /** The network for datagrams; we are at {@link HOME}. */
  readonly udp: DrawnUdp;
  /** Dials over time: `a` for the first of `peers`, `b` for the second …; `?` for an address without a peer. */
  readonly dials: readonly Mark[];
  /** Wires that closed, over time: letters as in `dials`, and `A` for the first of `callers`. */
  readonly hangups: readonly Mark[];
  /** What the tracker was told: `s` started, `c` completed, `x` stopped, `u` any other event. */
  readonly announces: readonly Mark[];
  readonly requests: readonly HttpRequest[];
}

/** Our addresses in every world. */
export const HOME = ['192.0.2.1', '2001:db8::1'] as const;

const FREE_PORT = 49_152;

const EVENTS: Readonly<Record<string, string>> = { started: 's', completed: 'c', stopped: 'x' };

/** Wires to the players, with their two ends: bytes on our end, words on the player's. */
class Network {
  readonly dials: Mark[] = [];
  readonly hangups: Mark[] = [];
  readonly #stage: Backdrop;
  readonly #options: WorldOptions;

  constructor(stage: Backdrop, options: WorldOptions) {
    this.#stage = stage;
    this.#options = options;
  }

  connect(address: PeerAddress): Observable<Wire> {
    const { peers = {}, dialling = 1 } = this.#options;
    const name = addressText(address);
    const player = peers[name];
    const letter = player === undefined ? '?' : String.fromCharCode(97 + Object.keys(peers).indexOf(name));
    return defer(() => {
      this.dials.push({ frame: this.#stage.now(), kind: 'value', value: letter });
      const close = this.#stage.ledger.open(`the wire to ${name}`);
      const open$ =
        player === undefined
          ? throwError(() => new NetworkError('refused', name, 'connection refused'))
          : this.#open(address, player, letter);
      return timer(dialling).pipe(
        mergeMap(() => open$),
        finalize(close),
      );
    });
  }

  listen({ ports }: ListenOptions): Observable<Listening> {
    const { callers = {}, taken = [] } = this.#options;
    return new Observable((subscriber) => {
      const port = ports.find((each) => !taken.includes(each));
      if (port === undefined) return subscriber.error(new NetworkError('port-taken', 'TCP', 'no port is free'));
      const calls$ = new Subject<PeerAddress>();
      subscriber.add(this.#stage.ledger.open(`TCP port ${port}`));
      for (const [name, { at, player }] of Object.entries(callers)) {
        subscriber.add(timer(at).subscribe(() => calls$.next(this.#call(name, player))));
      }
      subscriber.next({ port: port === 0 ? FREE_PORT : port, calls$: calls$.asObservable() });
    });
  }

  /** An incoming wire: it is open whether it is answered or not. */
  #call(name: string, player: Player): PeerAddress {
    const colon = name.lastIndexOf(':');
    const letter = String.fromCharCode(65 + Object.keys(this.#options.callers ?? {}).indexOf(name));
    const wire$ = defer(() =>
      this.#open(address, player, letter).pipe(finalize(this.#stage.ledger.open(`the wire from ${name}`))),
    );
    const address: PeerAddress = {
      host: name.slice(0, colon),
      port: Number(name.slice(colon + 1)),
      source: 'incoming',
      wire$,
    };
    return address;
  }

  #open(address: PeerAddress, player: Player, letter: string): Observable<Wire> {
    return new Observable((subscriber) => {
      const { wire, said$ } = this.#ends(address, player);
      subscriber.add(() => this.hangups.push({ frame: this.#stage.now(), kind: 'value', value: letter }));
      // The player listens before we send.
      subscriber.add(
        said$.subscribe({ error: (error: unknown) => subscriber.error(error), complete: () => subscriber.complete() }),
      );
      subscriber.next(wire);
    });
  }

  #ends(address: PeerAddress, player: Player): { readonly wire: Wire; readonly said$: Observable<Said> } {
    const { torrent, geometry } = this.#stage;
    const heard$ = new Subject<Word>();
    const bytes$ = new Subject<Uint8Array>();
    const hearing = new Hearing((word) => heard$.next(word));
    const id = new TextEncoder().encode(`-DR0000-${`${address.host}`.slice(-12).padStart(12, '0')}`);
    // The player sends after we listen.
    const said$ = player(heard$, { torrent, geometry, id }).pipe(
      observeOn(asapScheduler),
      tap({
        next: (said) => this.#deliver(said, bytes$),
        complete: () => bytes$.complete(),
        error: () => bytes$.complete(),
      }),
    );
    const write = (bytes: Uint8Array): boolean => {
      hearing.push(bytes);
      return true;
    };
    return { said$, wire: { address, bytes$, drained$: new Subject<void>(), write } };
  }

  #deliver(said: Said, bytes$: Subject<Uint8Array>): void {
    // As a socket delivers it: a `Buffer`, whose own `slice` does not copy.
    const bytes = Buffer.from(said instanceof Uint8Array ? said : encodeWord(said));
    const size = this.#options.chunk ?? bytes.length;
    for (let at = 0; at < bytes.length; at += size) bytes$.next(bytes.subarray(at, at + size));
    bytes.fill(0xdd);
  }
}

/**
 * A separate world for each drawing: peers that play, a tracker that answers, a disk in memory, and random numbers that
 * repeat.
 */
export const drawWorld = (stage: Backdrop, options: WorldOptions = {}): World => {
  const { peers = {}, hashing = 1, seed = 1, web } = options;
  const disk = options.disk instanceof DrawnDisk ? options.disk : new DrawnDisk(stage, options.disk);
  const udp = options.udp instanceof DrawnUdp ? options.udp : new DrawnUdp(options.udp, stage.ledger);
  const network = new Network(stage, options);
  const random = seeded(seed);
  const requests: HttpRequest[] = [];
  const announces: Mark[] = [];
  const tracker =
    options.tracker ?? (({ url }: HttpRequest) => timer(5).pipe(map(() => announced(Object.keys(peers), 1800, url))));

  const env: Env = {
    connect: (address) => network.connect(address),
    listen: (wanted) => network.listen(wanted),
    httpGet: (request) =>
      defer(() => {
        requests.push(request);
        const event = /[?&]event=(\w+)/.exec(request.url)?.[1] ?? '';
        announces.push({ frame: stage.now(), kind: 'value', value: EVENTS[event] ?? 'u' });
        return tracker(request, requests.length).pipe(finalize(stage.ledger.open(`GET ${request.url}`)));
      }),
    ...(web && {
      httpStream: (request: HttpStreamRequest) =>
        defer(() => web(request).pipe(finalize(stage.ledger.open(`GET ${request.url}`)))),
    }),
    openStorage: (_, target) => disk.open(target),
    verify:
      () =>
      ({ index, bytes }) =>
        timer(hashing).pipe(map(() => sameBytes(bytes, pieceBytes(stage.geometry, index)))),
    ...udp.at(...HOME),
    random,
    randomBytes: (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256)),
  };
  return { env, disk, udp, dials: network.dials, hangups: network.hangups, announces, requests };
};
