import { getRandomValues, randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { Observable } from 'rxjs';
import { openContent } from './disk/content/content.ts';
import { descriptorLimit, shares } from './disk/files/descriptorLimit.ts';
import { openStorage } from './disk/files/fileStorage.ts';
import { stateFolder } from './disk/notes/stateFolder.ts';
import { pieceHasher, verifier, verifiesInThreads } from './disk/hashing/verifier.ts';
import type { CreateEnv, Env } from './contracts/env.ts';
import type { Blocklist } from './protocol/blocklist/blocklist.ts';
import { type BlockNote, blocked, type Network } from './net/blocklist/blocked.ts';
import { boundNetwork } from './net/bind/boundNetwork.ts';
import { localAddresses } from './net/bind/localAddresses.ts';
import { encrypted } from './net/mse/encrypted.ts';
import type { Encryption, EncryptionNote } from './net/mse/encryption.ts';
import { httpGet } from './net/http/http.ts';
import { httpStream } from './net/http/httpStream.ts';
import { listenTcp } from './net/listen.ts';
import { connectTcp } from './net/tcp.ts';
import { bindUdp, resolve } from './net/udp.ts';
import { type Transports, withUtp } from './net/utp/withUtp.ts';

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
   * a stream the first list is waited for; each later one counts from then on, also for who is connected.
   */
  readonly blocklist?: Blocklist | Observable<Blocklist>;
  /**
   * The addresses of this machine, or its interfaces, that everything leaves from and comes to. While they are gone
   * nothing leaves. Any address if absent. Errors with an `InputError` if this machine has none of them.
   */
  readonly bind?: readonly string[];
  /** Is told of each peer that was not called, or not listened to. */
  readonly blockNote?: (note: BlockNote) => void;
}

const randomBytesOf = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

const DIRECTLY: Network = {
  connect: (address) => connectTcp(address),
  ...{ listen: listenTcp, httpGet, httpStream, bindUdp, resolve },
};

const networkOf = ({ blocklist, blockNote, bind, ...transports }: NodeEnvOptions): Network => {
  const open = bind === undefined ? DIRECTLY : boundNetwork(localAddresses(bind));
  const whole = (network: Network): Network => withUtp(network, transports, randomBytesOf);
  return blocklist === undefined ? whole(open) : blocked(open, blocklist, blockNote, whole);
};

/** The outside world as Node provides it: sockets, files, threads. */
export const nodeEnv = (options: NodeEnvOptions = {}): Env & CreateEnv => {
  const { state = stateFolder(), encryption = 'prefer', encryptionNote } = options;
  const network = networkOf(options);
  return {
    ...network,
    ...encrypted(network, { encryption, randomBytes: randomBytesOf, note: encryptionNote, look: networkInterfaces }),
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
