import { bytesOf, decode, dictOf, encode } from '../encoding/bencode.ts';
import { decodePeers, type Endpoint, encodePeers, type IpLength } from '../encoding/compact.ts';
import { parseIp } from '../encoding/ip.ts';
import { Malformed } from '../encoding/malformed.ts';

/** The name under which it is agreed on (BEP 10). */
export const UT_PEX = 'ut_pex';
/** Peers that one message may add, and as many that it may drop, of both families together. */
export const MAX_PEX_PEERS = 50;
/** Bytes of a message of theirs: the first may name all whom they know. */
export const MAX_PEX_BYTES = 65_536;
const MAX_PEX_TOKENS = 100;

/** What is said of a peer beside its address. */
export const PEX_FLAGS = { prefersEncryption: 0x01, seed: 0x02, utp: 0x04, holepunch: 0x08, reachable: 0x10 } as const;

export interface PexPeer extends Endpoint {
  /** Of `PEX_FLAGS`. */
  readonly flags: number;
}

/** Who has come and who has gone since the message before. */
export interface PexMessage {
  readonly added: readonly PexPeer[];
  readonly dropped: readonly Endpoint[];
}

/**
 * Literals of both families; what is no literal is left out, and so is what is beyond {@link MAX_PEX_PEERS}. BEP 11.
 */
export const encodePex = ({ added, dropped }: PexMessage): Uint8Array => {
  const coming = added.filter(({ host }) => parseIp(host) !== undefined).slice(0, MAX_PEX_PEERS);
  const going = dropped.filter(({ host }) => parseIp(host) !== undefined).slice(0, MAX_PEX_PEERS);
  const flags = (length: IpLength): Uint8Array =>
    Uint8Array.from(
      coming.filter(({ host }) => parseIp(host)?.length === length),
      (peer) => peer.flags,
    );
  return encode({
    added: encodePeers(coming, 4),
    'added.f': flags(4),
    added6: encodePeers(coming, 16),
    'added6.f': flags(16),
    dropped: encodePeers(going, 4),
    dropped6: encodePeers(going, 16),
  });
};

/**
 * At most {@link MAX_PEX_PEERS} of each kind. Places where no peer can be (port 0, multicast, …) are left out; what is
 * of a wrong type or cut off counts as absent, missing flags as 0. Throws `Malformed` for what is no dictionary, or too
 * much. BEP 11.
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
  // One by one: a place where no peer can be has flags, too.
  for (let at = 0; at + size <= bytes.length && peers.length < limit; at += size) {
    const [peer] = decodePeers(bytes.subarray(at, at + size), length);
    if (peer !== undefined) peers.push({ ...peer, flags: flags[at / size] ?? 0 });
  }
  return peers;
};
