import { getRandomValues, randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { defer, mergeMap, type Observable, throwError } from 'rxjs';
import { openContent } from './disk/content/content.ts';
import { descriptorLimit, shares } from './disk/files/descriptorLimit.ts';
import { openStorage } from './disk/files/fileStorage.ts';
import { stateFolder } from './disk/notes/stateFolder.ts';
import { pieceHasher, verifier, verifiesInThreads } from './disk/hashing/verifier.ts';
import type { CreateEnv, Env } from './contracts/env.ts';
import type { Blocklist } from './protocol/blocklist/blocklist.ts';
import { InputError, NetworkError } from './contracts/errors.ts';
import { direct, type Network, networkOver } from './net/below.ts';
import { boundTo } from './net/bind/boundTo.ts';
import { blocked } from './net/blocklist/blocked.ts';
import type { BlockNote } from './net/blocklist/blockNote.ts';
import { mappedListen } from './net/nat/mappedListen.ts';
import { Outside } from './net/nat/outside.ts';
import type { PortMapped } from './net/nat/portMapped.ts';
import type { ProxyNote } from './net/proxy/proxyNote.ts';
import { throughProxy } from './net/proxy/throughProxy.ts';
import { parseProxy, type ProxyServer } from './protocol/proxy/proxyServer.ts';
import { localAddresses } from './net/bind/localAddresses.ts';
import { encrypted } from './net/mse/encrypted.ts';
import type { Encryption, EncryptionNote } from './net/mse/encryption.ts';
import type { Transports } from './net/utp/transports.ts';
import { withUtp } from './net/utp/withUtp.ts';

/**
 * Random numbers that are asked of the system at once: one by one they would take a hundred times as long. At first a
 * few, as there may be a thousand torrents that need no more.
 */
const FIRST_THROWS = 8;
const THROWS = 512;

const dice = (): (() => number) => {
  let thrown = new BigUint64Array(0);
  let left = 0;
  return () => {
    if (left === 0) {
      if (thrown.length < THROWS) thrown = new BigUint64Array(Math.max(FIRST_THROWS, thrown.length * 8));
      left = getRandomValues(thrown).length;
    }
    return Number((thrown[--left] as bigint) >> 11n) / 2 ** 53;
  };
};

export interface NodeEnvOptions extends Transports {
  /** Where notes of complete downloads are kept; `false` for nowhere. `rxtorrent` in the user's state folder. */
  readonly state?: string | false;
  /** Whether connections with peers are encrypted. Default `prefer`. */
  readonly encryption?: Encryption;
  /** Is told what happens on the way to an encrypted connection. */
  readonly encryptionNote?: (note: EncryptionNote) => void;
  /**
   * Addresses that nothing is said to and nothing is taken from: peers, trackers, nodes of the DHT and web servers. Of
   * a stream the first list is waited for; each later one counts from then on, also for connected peers.
   */
  readonly blocklist?: Blocklist | Observable<Blocklist>;
  /**
   * The addresses of this machine, or its interfaces, that everything leaves from and comes to. While they are gone
   * nothing leaves. Any address if absent. Errors with an `InputError` if this machine has none of them.
   */
  readonly bind?: readonly string[];
  /**
   * A proxy by which everything leaves, and nothing in another way: `socks5://user:password@host:port`, `socks4a://…`
   * or `http://…`. UDP (the DHT, UDP trackers) goes through a SOCKS5 proxy that relays it, else there is none. Names
   * are looked up by the proxy. Peers are reached by TCP.
   */
  readonly proxy?: string;
  /** With a proxy peers can call us only if this is true: they do so past the proxy. */
  readonly listenBesideProxy?: boolean;
  /** Is told what the proxy was asked, and what came of it. */
  readonly proxyNote?: (note: ProxyNote) => void;
  /**
   * Ask the router of this network to pass our port on to us, as long as it is open. Not with a proxy, `bind` or
   * `anonymous`. Default false.
   */
  readonly portMapping?: boolean;
  /** Is told what the router was asked, and what came of it; with what peers can reach, once they can. */
  readonly portMappingNote?: (what: string, mapped?: PortMapped) => void;
  /**
   * Tell nobody which client we are, nor what our addresses are: not in peer ids, extension handshakes and web
   * requests, and nothing to the local network or the router. Default false.
   */
  readonly anonymous?: boolean;
  /** Is told of each peer that was not called, or not listened to. */
  readonly blockNote?: (note: BlockNote) => void;
}

const randomBytesOf = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

const networkOf = (options: NodeEnvOptions): Network => {
  const { blocklist, blockNote, bind, proxy, proxyNote, listenBesideProxy, ...transports } = options;
  const below = bind === undefined ? direct : boundTo(localAddresses(bind));
  const server = proxy === undefined ? undefined : proxyOf(proxy);
  if (server !== undefined && transports.tcp === false)
    throw new InputError('bad-option', 'proxy: peers are reached by TCP through it, and TCP is switched off');
  const way = { listens: listenBesideProxy === true, note: proxyNote };
  const open = networkOver(server === undefined ? below : throughProxy(below, { ...way, server }), !options.anonymous);
  // Nobody can call us by uTP through a proxy, and TCP is what each of them passes on.
  const utp = server === undefined && transports.utp !== false;
  const quiet = options.anonymous === true ? withoutGroups(open) : open;
  const whole = (network: Network): Network => withUtp(network, { ...transports, utp }, randomBytesOf);
  return blocklist === undefined ? whole(quiet) : blocked(quiet, blocklist, blockNote, whole);
};

/** The same network, in which nothing is said to the local one. */
const withoutGroups = (network: Network): Network => ({
  ...network,
  bindUdp: (options) =>
    options.multicast === undefined
      ? network.bindUdp(options)
      : throwError(() => new NetworkError('no-address', 'UDP', 'nothing is said to the local network')),
});

const proxyOf = (text: string): ProxyServer => {
  const server = parseProxy(text);
  if (server !== undefined) return server;
  // Without what was given: there may be a password in it.
  throw new InputError('bad-option', 'proxy: expected socks5://user:password@host:port, socks4a://… or http://…');
};

/** What the world tells of us. */
export interface SeenOutside {
  /** Our address as the router says that the world sees it, and each later one. Does not complete. */
  readonly outside$: Observable<string>;
}

/** The same port, and what the router of this network does for it. */
const mapped = (network: Network, options: NodeEnvOptions, outside: Outside): Pick<Network, 'listen'> => {
  const { portMapping: isWanted = false, portMappingNote, bind, proxy } = options;
  if (!isWanted || bind !== undefined || proxy !== undefined || options.anonymous === true) return network;
  const env = { ...networkOver(direct), randomBytes: randomBytesOf };
  const note = (what: string): void => portMappingNote?.(what);
  // Nothing waits for the router, so that its protocols need not be there from the start.
  const mapping = (port: number): Observable<PortMapped> =>
    defer(() => import('./net/nat/mappedHere.ts')).pipe(mergeMap(({ mappedHere }) => mappedHere({ env, port, note })));
  const told = (found: PortMapped): void => {
    outside.at(found.host);
    portMappingNote?.(`reached at ${found.host ?? 'an unknown address'}, port ${found.port}`, found);
  };
  return { listen: mappedListen(network.listen, mapping, told) };
};

/** The outside world as Node provides it: sockets, files, threads. */
export const nodeEnv = (options: NodeEnvOptions = {}): Env & CreateEnv & SeenOutside => {
  const { state = stateFolder(), encryption = 'prefer', encryptionNote } = options;
  const network = networkOf(options);
  const outside = new Outside();
  const roads = { connect: network.connect, ...mapped(network, options, outside) };
  return {
    ...network,
    outside$: outside.address$,
    anonymous: options.anonymous,
    ...encrypted(roads, { encryption, randomBytes: randomBytesOf, note: encryptionNote, look: networkInterfaces }),
    openContent,
    openStorage: (torrent, target) => openStorage(torrent, target, state === false ? undefined : state),
    verify: verifier,
    sharesMemory: verifiesInThreads(),
    hasher: pieceHasher(),
    room: shares(descriptorLimit()),
    random: dice(),
    randomBytes: randomBytesOf,
  };
};
