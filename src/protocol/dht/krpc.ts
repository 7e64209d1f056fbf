import {
  bytesOf,
  decode,
  described,
  type Dict,
  dictOf,
  intOf,
  listOf,
  textOf,
  type Value,
} from '../encoding/bencode.ts';
import { BLOOM_LENGTH } from './bloom.ts';
import { decodeNodes, decodePeers, type Endpoint, type NodeEndpoint } from '../encoding/compact.ts';
import { ID_LENGTH } from '../encoding/id.ts';
import type { DhtItem } from './item.ts';
import { itemIn, RefusedItem } from './krpcItem.ts';
import { Malformed } from '../encoding/malformed.ts';
import { visible } from '../encoding/visible.ts';

/** Maximum length of a packet that we read, in bytes: what fits into an Ethernet frame. */
export const MAX_PACKET = 1500;
/** Maximum length of a transaction id that we send back, in bytes. */
export const MAX_TRANSACTION = 32;
/** Maximum length of a token that we send back, in bytes. */
export const MAX_TOKEN = 64;
/** Maximum number of nodes, and of peers, kept from one reply. */
export const MAX_NODES = 16;
export const MAX_VALUES = 200;
/** Maximum number of values and keys in a packet. */
const MAX_TOKENS = 400;
/** Maximum number of characters kept of an error message or a method's name. */
export const MAX_TEXT = 100;

/** 201 to 204. BEP 5. */
export const ERROR = { generic: 201, server: 202, protocol: 203, unknownMethod: 204 } as const;

export type Family = 4 | 6;

/**
 * A query. `want` names the address families of the nodes that the other side would like; it is empty if they do not
 * say (BEP 32).
 */
export type Question =
  | { readonly method: 'ping' }
  | { readonly method: 'find_node'; readonly target: Uint8Array; readonly want: readonly Family[] }
  | {
      readonly method: 'get_peers';
      readonly infoHash: Uint8Array;
      readonly want: readonly Family[];
      /** They also want the Bloom filters of the swarm. BEP 33. */
      readonly scrape?: boolean;
      /** They want no seeds among the peers. BEP 33. */
      readonly noSeed?: boolean;
    }
  | {
      readonly method: 'announce_peer';
      readonly infoHash: Uint8Array;
      /** 0 to 65535. */
      readonly port: number;
      /** The peer's port is the source port of the packet, whatever `port` says. */
      readonly impliedPort: boolean;
      readonly token: Uint8Array;
      readonly seed?: boolean;
    }
  /** An item that a node keeps for others; with `seq` only if it is newer. BEP 44. */
  | {
      readonly method: 'get';
      readonly target: Uint8Array;
      readonly want: readonly Family[];
      readonly seq?: number;
    }
  /** Keeps an item for others; with `cas` only in place of that version. BEP 44. */
  | { readonly method: 'put'; readonly token: Uint8Array; readonly item: DhtItem; readonly cas?: number }
  /** Some of the info-hashes that are announced there. BEP 51. */
  | { readonly method: 'sample_infohashes'; readonly target: Uint8Array; readonly want: readonly Family[] }
  /** A query that can only be answered with this error. */
  | { readonly method: 'invalid'; readonly code: number; readonly message: string };

export interface Query {
  readonly type: 'query';
  readonly transaction: Uint8Array;
  /** 20 bytes. */
  readonly id: Uint8Array;
  /** This node does not answer queries, so it must not be put into a routing table. BEP 43. */
  readonly readOnly?: boolean;
  readonly question: Question;
}

export interface Reply {
  readonly type: 'reply';
  readonly transaction: Uint8Array;
  readonly id: Uint8Array;
  /** IPv4 and IPv6 nodes together; on the wire each family has its own key. BEP 32. */
  readonly nodes?: readonly NodeEndpoint[];
  readonly peers?: readonly Endpoint[];
  readonly token?: Uint8Array;
  /** To `get`: the item without its salt, and its version, also where the item is not newer. BEP 44. */
  readonly item?: DhtItem;
  readonly seq?: number;
  /** To `sample_infohashes`: some info-hashes, how many there are, and when there may be others, in seconds. BEP 51. */
  readonly samples?: { readonly infoHashes: readonly Uint8Array[]; readonly count: number; readonly interval: number };
  /** Bloom filters of the seeds and of the other peers, 256 bytes each. BEP 33. */
  readonly blooms?: { readonly seeds: Uint8Array; readonly leechers: Uint8Array };
  /** Our own address as the other side sees it. BEP 42. */
  readonly ip?: Endpoint;
}

export interface Failure {
  readonly type: 'error';
  readonly transaction: Uint8Array;
  readonly code: number;
  readonly message: string;
}

export type Krpc = Query | Reply | Failure;

/**
 * Decodes a packet. Throws `Malformed` for a packet that cannot be answered. A query that can be answered but asks for
 * nothing that we know is a value: its method is `invalid`. BEP 5, 32, 33, 42, 43.
 */
export const decodeKrpc = (bytes: Uint8Array): Krpc => {
  const value = decode(bytes, { mode: 'lenient', maxBytes: MAX_PACKET, maxTokens: MAX_TOKENS });
  const packet = dictOf(value);
  if (!packet) throw new Malformed('KRPC', 'a dictionary', described(value));
  const transaction = sized(packet.get('t'), 't', 0, MAX_TRANSACTION);
  switch (textOf(packet.get('y'))) {
    case 'q':
      return queryOf(packet, transaction);
    case 'r':
      return replyOf(packet, transaction);
    case 'e':
      return failureOf(packet, transaction);
    default:
      throw new Malformed('y', 'q, r or e', described(packet.get('y')));
  }
};

const sized = (value: Value | undefined, what: string, least: number, most = least): Uint8Array => {
  const bytes = bytesOf(value);
  if (!bytes || bytes.length < least || bytes.length > most)
    throw new Malformed(what, least === most ? `${least} bytes` : `${least} to ${most} bytes`, described(value));
  return bytes;
};

const argumentsOf = (packet: Dict, name: 'a' | 'r'): Dict => {
  const inner = dictOf(packet.get(name));
  if (!inner) throw new Malformed(name, 'a dictionary', described(packet.get(name)));
  return inner;
};

const queryOf = (packet: Dict, transaction: Uint8Array): Query => {
  const given = argumentsOf(packet, 'a');
  const id = sized(given.get('id'), 'id', ID_LENGTH);
  const readOnly = packet.get('ro') === 1;
  return {
    type: 'query',
    transaction,
    id,
    ...(readOnly ? { readOnly } : {}),
    question: questionOf(textOf(packet.get('q')) ?? '', given),
  };
};

const questionOf = (method: string, given: Dict): Question => {
  try {
    return question(method, given);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const code = error instanceof RefusedItem ? error.krpcCode : ERROR.protocol;
    return { method: 'invalid', code, message: error.message.slice(0, MAX_TEXT) };
  }
};

const question = (method: string, given: Dict): Question => {
  const id = (name: string): Uint8Array => sized(given.get(name), name, ID_LENGTH);
  const flag = (name: string): boolean => (intOf(given.get(name)) ?? 0) !== 0;
  switch (method) {
    case 'ping':
      return { method };
    case 'find_node':
      return { method, target: id('target'), want: wantOf(given) };
    case 'get_peers':
      return {
        method,
        infoHash: id('info_hash'),
        want: wantOf(given),
        ...truths({ scrape: flag('scrape'), noSeed: flag('noseed') }),
      };
    case 'announce_peer': {
      const port = intOf(given.get('port')) ?? 0;
      const impliedPort = flag('implied_port');
      if (port < 0 || port > 65_535 || (port === 0 && !impliedPort)) throw new Malformed('port', '1 to 65535', port);
      const token = sized(given.get('token'), 'token', 1, MAX_TOKEN);
      return { method, infoHash: id('info_hash'), port, impliedPort, token, ...truths({ seed: flag('seed') }) };
    }
    case 'get': {
      const seq = intOf(given.get('seq'));
      return { method, target: id('target'), want: wantOf(given), ...(seq !== undefined && { seq }) };
    }
    case 'put':
      return putOf(given);
    case 'sample_infohashes':
      return { method, target: id('target'), want: wantOf(given) };
    default:
      return { method: 'invalid', code: ERROR.unknownMethod, message: 'Method Unknown' };
  }
};

const putOf = (given: Dict): Question => {
  const [item, cas] = [itemIn(given), intOf(given.get('cas'))];
  if (item === undefined) throw new Malformed('v', 'a value', 'nothing');
  const token = sized(given.get('token'), 'token', 1, MAX_TOKEN);
  return { method: 'put', token, item, ...(cas !== undefined && { cas }) };
};

const truths = <K extends string>(flags: Readonly<Record<K, boolean>>): { readonly [P in K]?: true } =>
  Object.fromEntries(Object.entries(flags).filter(([, is]) => is)) as { readonly [P in K]?: true };

const wantOf = (given: Dict): readonly Family[] => {
  const names = (listOf(given.get('want')) ?? []).slice(0, 8).map(textOf);
  return ([4, 6] as const).filter((family) => names.includes(`n${family}`));
};

const replyOf = (packet: Dict, transaction: Uint8Array): Reply => {
  const given = argumentsOf(packet, 'r');
  const token = bytesOf(given.get('token'));
  const nodes = [...nodesOf(given, 'nodes', 4), ...nodesOf(given, 'nodes6', 16)];
  const peers = peersOf(given.get('values'));
  const [seeds, leechers] = [bytesOf(given.get('BFsd')), bytesOf(given.get('BFpe'))];
  const ip = bytesOf(packet.get('ip'));
  const seen = ip?.length === 6 || ip?.length === 18 ? decodePeers(ip, ip.length === 6 ? 4 : 16)[0] : undefined;
  return {
    type: 'reply',
    transaction,
    id: sized(given.get('id'), 'id', ID_LENGTH),
    ...(nodes.length > 0 ? { nodes } : {}),
    ...(peers.length > 0 ? { peers } : {}),
    ...(token && token.length > 0 && token.length <= MAX_TOKEN ? { token } : {}),
    ...itemsOf(given),
    ...(seeds?.length === BLOOM_LENGTH && leechers?.length === BLOOM_LENGTH ? { blooms: { seeds, leechers } } : {}),
    ...(seen ? { ip: seen } : {}),
  };
};

/** What is no item makes no reply worthless: its nodes are of use. */
const itemsOf = (given: Dict): Pick<Reply, 'item' | 'seq'> => {
  const seq = intOf(given.get('seq'));
  const version = seq === undefined ? {} : { seq };
  try {
    const item = itemIn(given);
    return item === undefined ? version : { item, ...version };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return {};
  }
};

const nodesOf = (given: Dict, name: 'nodes' | 'nodes6', length: 4 | 16): readonly NodeEndpoint[] => {
  const bytes = bytesOf(given.get(name));
  return bytes ? decodeNodes(bytes, length, MAX_NODES) : [];
};

/** The standard has one string for each peer; some nodes put all peers into one string. */
const peersOf = (value: Value | undefined): readonly Endpoint[] => {
  const peers: Endpoint[] = [];
  for (const each of listOf(value) ?? []) {
    const bytes = bytesOf(each);
    if (bytes?.length === 18) peers.push(...decodePeers(bytes, 16));
    else if (bytes && bytes.length % 6 === 0) peers.push(...decodePeers(bytes, 4, MAX_VALUES));
    if (peers.length >= MAX_VALUES) break;
  }
  return peers.slice(0, MAX_VALUES);
};

const failureOf = (packet: Dict, transaction: Uint8Array): Failure => {
  const [code, message] = listOf(packet.get('e')) ?? [];
  return {
    type: 'error',
    transaction,
    code: intOf(code) ?? ERROR.generic,
    message: visible((textOf(message) ?? '').slice(0, MAX_TEXT)),
  };
};
