import { map, type Observable, timer } from 'rxjs';
import type { Env } from '../../src/contracts/env.ts';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { Geometry } from '../../src/torrent/geometry.ts';
import type { Torrent } from '../../src/torrent/metainfo/metainfo.ts';
import type { Backdrop } from '../backdrop.ts';
import { type DiskOptions, DrawnDisk } from '../disk.ts';
import type { Player } from '../players.ts';
import { seeded } from '../random.ts';
import { Kinds } from '../sparse.ts';
import type { Tcp } from './congestion.ts';
import { DrawnHost, type HostOptions } from './host.ts';
import { answering } from './playing.ts';
import { DrawnTcp } from './tcp.ts';
import { DrawnTracker, TRACKER } from './tracker.ts';
import { DrawnUdp } from './udp.ts';

export interface NetworkOptions {
  /** The seed of the random numbers. */
  readonly seed?: number;
  /** What names resolve to. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  /** Seconds between announces that the tracker asks for. */
  readonly interval?: number;
  /** Milliseconds to check a piece, on each host. */
  readonly hashing?: number;
  /**
   * Connections begin slowly, and slow down when packets are lost, as those of TCP do. Otherwise a line is full
   * whenever somebody has something to send.
   */
  readonly congestion?: boolean | Tcp;
}

export interface PlayerOptions extends HostOptions {
  /** The port where the player listens; 6881 if absent. */
  readonly port?: number;
}

/** A machine in a drawn network, and the world as seen from there. */
export class NetworkedHost extends DrawnHost {
  readonly env: Env;
  readonly #disks = new Map<string, DrawnDisk>();
  readonly #backdrop: Backdrop;
  readonly #kinds: Kinds;

  /** Made by {@link DrawnNetwork}. */
  constructor(
    address: string,
    options: HostOptions,
    { backdrop, kinds, env }: { backdrop: Backdrop; kinds: Kinds; env: (host: NetworkedHost) => Env },
  ) {
    super(address, options, backdrop);
    this.#backdrop = backdrop;
    this.#kinds = kinds;
    this.env = env(this);
  }

  /** The disk with this torrent on it; made on first use, as `options` say. */
  disk(torrent: Torrent = this.#backdrop.torrent, options: DiskOptions = {}): DrawnDisk {
    const key = toHex(torrent.infoHash);
    const known = this.#disks.get(key);
    if (known !== undefined) return known;
    const { ledger, now } = this.#backdrop;
    const disk = new DrawnDisk({ torrent, ledger, now }, options, this.#kinds);
    this.#disks.set(key, disk);
    return disk;
  }
}

/**
 * A network of machines, each with an `Env` of its own: connections, datagrams, a tracker, a disk for each torrent.
 * Everything runs on the time of the stage, and is the same in every run.
 *
 * ```ts
 * const network = stage.network();
 * const seed = network.host('10.0.0.1', { up: 1_000_000 });
 * seed.disk(stage.torrent, { has: [0, 1] });
 * ```
 */
export class DrawnNetwork {
  readonly tcp: DrawnTcp;
  readonly udp: DrawnUdp;
  readonly tracker: DrawnTracker;
  readonly #backdrop: Backdrop;
  readonly #options: NetworkOptions;
  readonly #hosts = new Map<string, DrawnHost>();
  readonly #kinds = new Kinds();
  #count = 0;

  constructor(backdrop: Backdrop, options: NetworkOptions = {}) {
    const { seed = 1, names = {}, interval, congestion = false } = options;
    this.#backdrop = backdrop;
    this.#options = options;
    this.tcp = new DrawnTcp(
      backdrop.ledger,
      congestion === false ? undefined : seeded(seed + 7),
      congestion === 'bbr' ? 'bbr' : 'cubic',
      this.#kinds,
    );
    this.tracker = new DrawnTracker(interval, backdrop.now);
    const known = { 'tracker.test': [TRACKER.host], ...names };
    this.udp = new DrawnUdp({ seed, names: known, hosts: (address) => this.#hosts.get(address) }, backdrop.ledger);
  }

  /** Adds a machine, at an address that is not in use. Its programs see the world as `through` makes it. */
  host(address: string, options: HostOptions = {}, through: (env: Env) => Env = (env) => env): NetworkedHost {
    const host = new NetworkedHost(address, options, {
      backdrop: this.#backdrop,
      kinds: this.#kinds,
      env: (it) => through(this.#env(it)),
    });
    this.#join(host);
    return host;
  }

  /** Lets the tracker answer by UDP, too: `udp://tracker.test:80/announce`. */
  tracksByUdp(): void {
    this.#hosts.set(TRACKER.host, new DrawnHost(TRACKER.host, {}, this.#backdrop));
    this.udp.plays(TRACKER, (datagram) => this.tracker.hears(datagram));
  }

  /** Adds a machine on which a player answers every call at `port`. */
  plays(address: string, player: Player, { port = 6881, ...options }: PlayerOptions = {}): DrawnHost {
    const host = new DrawnHost(address, options, this.#backdrop);
    this.#join(host);
    const { torrent, geometry } = this.#backdrop;
    const id = new TextEncoder().encode(`-DR0000-${address.slice(-12).padStart(12, '0')}`);
    this.tcp.answers(host, port, answering(player, { torrent, geometry, id }));
    return host;
  }

  #join(host: DrawnHost): void {
    for (const each of host.addresses) this.#hosts.set(each, host);
    this.tcp.add(host);
  }

  #env(host: NetworkedHost): Env {
    const { seed = 1, hashing = 1 } = this.#options;
    const random = seeded(seed * 1_000 + this.#count++);
    return {
      ...this.tcp.at(host),
      ...this.udp.at(...host.addresses),
      httpGet: (request) => this.tracker.answers(host, request),
      openStorage: (torrent, target) => host.disk(torrent).open(target),
      verify: (torrent) => {
        const geometry = new Geometry(torrent);
        return ({ index, bytes }): Observable<boolean> =>
          timer(hashing).pipe(map(() => this.#kinds.holds(geometry.pieceOffset(index), bytes)));
      },
      random,
      randomBytes: (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256)),
    };
  }
}
