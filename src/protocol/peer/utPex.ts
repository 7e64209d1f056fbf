import { bytesOf, decode, dictOf, encode } from '../encoding/bencode.ts';
import { decodeEndpoint, type Endpoint, type IpLength } from '../encoding/compact.ts';
import { parseIp, v4Of } from '../encoding/ip.ts';
import { Malformed } from '../encoding/malformed.ts';

/** The name of the extension in the extension handshake (BEP 10). */
export const UT_PEX = 'ut_pex';
/** Maximum number of peers that one message adds, and of those that it drops, of both address families together. */
export const MAX_PEX_PEERS = 50;
/** Maximum length of a peer's message, in bytes: its first one may name all peers that it knows. */
export const MAX_PEX_BYTES = 65_536;
const MAX_PEX_TOKENS = 100;

/** Flags that describe a peer. */
export const PEX_FLAGS = { prefersEncryption: 0x01, seed: 0x02, utp: 0x04, holepunch: 0x08, reachable: 0x10 } as const;

export interface PexPeer extends Endpoint {
  /** A sum of `PEX_FLAGS`. */
  readonly flags: number;
}

/** The peers that have connected and disconnected since the previous message. */
export interface PexMessage {
  readonly added: readonly PexPeer[];
  readonly dropped: readonly Endpoint[];
}

/** Encodes IP addresses of both families. Names are left out, and so are peers beyond {@link MAX_PEX_PEERS}. BEP 11. */
export const encodePex = ({ added, dropped }: PexMessage): Uint8Array => {
  const [coming, going] = [packed(added), packed(dropped)];
  return encode({
    added: Uint8Array.from(coming.four),
    'added.f': Uint8Array.from(coming.flags),
    added6: Uint8Array.from(coming.six),
    'added6.f': Uint8Array.from(coming.flags6),
    dropped: Uint8Array.from(going.four),
    dropped6: Uint8Array.from(going.six),
  });
};

/** Peers of both families, each looked at once: in a large swarm everybody tells everybody of everybody. */
const packed = (peers: readonly (Endpoint & { readonly flags?: number })[]) => {
  const [four, six, flags, flags6]: [number[], number[], number[], number[]] = [[], [], [], []];
  let count = 0;
  for (const { host, port, flags: of = 0 } of peers) {
    const v4 = v4Of(host);
    const ip = v4 < 0 ? parseIp(host) : undefined;
    if (v4 >= 0) four.push(v4 >>> 24, (v4 >>> 16) & 0xff, (v4 >>> 8) & 0xff, v4 & 0xff, port >> 8, port & 0xff);
    else if (ip !== undefined) six.push(...ip, port >> 8, port & 0xff);
    else continue;
    (v4 >= 0 ? flags : flags6).push(of);
    if (++count === MAX_PEX_PEERS) break;
  }
  return { four, six, flags, flags6 };
};

/**
 * Decodes at most {@link MAX_PEX_PEERS} peers of each kind. Addresses at which no peer can be (port 0, multicast, …)
 * are left out. Fields of the wrong type or that are cut off count as absent, missing flags as 0. Throws `Malformed`
 * for input that is not a dictionary, or exceeds a limit. BEP 11.
 */
export const decodePex = (bytes: Uint8Array): PexMessage => {
  const dict = dictOf(decode(bytes, { mode: 'lenient', maxBytes: MAX_PEX_BYTES, maxTokens: MAX_PEX_TOKENS }));
  if (dict === undefined) throw new Malformed('ut_pex', 'a dictionary', 'something else');
  const taken = (key: string): PexPeer[] => {
    const four = peersOf(bytesOf(dict.get(key)), bytesOf(dict.get(`${key}.f`)), 4, MAX_PEX_PEERS);
    return four.concat(
      peersOf(bytesOf(dict.get(`${key}6`)), bytesOf(dict.get(`${key}6.f`)), 16, MAX_PEX_PEERS - four.length),
    );
  };
  return { added: taken('added'), dropped: taken('dropped').map(({ host, port }) => ({ host, port })) };
};

const none = new Uint8Array();

const peersOf = (bytes: Uint8Array = none, flags: Uint8Array = none, length: IpLength, limit: number): PexPeer[] => {
  const size = length + 2;
  const peers: PexPeer[] = [];
  // One by one: an address at which no peer can be has flags, too.
  for (let at = 0; at + size <= bytes.length && peers.length < limit; at += size) {
    const peer = decodeEndpoint(bytes.subarray(at, at + size));
    if (peer !== undefined) peers.push({ host: peer.host, port: peer.port, flags: flags[at / size] ?? 0 });
  }
  return peers;
};
