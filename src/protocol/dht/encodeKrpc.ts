import { type Encodable, encode } from '../encoding/bencode.ts';
import { encodeNodes, encodePeers, type Endpoint } from '../encoding/compact.ts';
import { BLOOM_LENGTH } from './bloom.ts';
import { itemGiven } from './krpcItem.ts';
import { type Family, type Krpc, MAX_TEXT, type Question, type Reply } from './krpc.ts';

/**
 * Maximum length of a packet that we send, in bytes: it fits any path, and is at most about ten times as long as the
 * shortest query, so that we are of no use for amplification.
 */
export const MAX_ANSWER = 1200;
/** Bytes of an answer without its nodes, peers and filters. */
const FRAME = 200;

/**
 * Encodes a packet of at most {@link MAX_ANSWER} bytes, or `MAX_PACKET` with an item: peers that do not fit are left
 * out. BEP 5, 32, 33, 42, 43, 44, 51.
 */
export const encodeKrpc = (krpc: Krpc): Uint8Array => {
  const { transaction: t } = krpc;
  if (krpc.type === 'error') return encode({ t, y: 'e', e: [krpc.code, krpc.message.slice(0, MAX_TEXT)] });
  if (krpc.type === 'reply') return encode({ t, y: 'r', r: returned(krpc), ip: krpc.ip && compact(krpc.ip) });
  const { id, question: asked, readOnly } = krpc;
  if (asked.method === 'invalid') throw new TypeError('krpc: an invalid query is not sent');
  return encode({ t, y: 'q', q: asked.method, a: { id, ...given(asked) }, ro: readOnly ? 1 : undefined });
};

const given = (
  asked: Exclude<Question, { readonly method: 'invalid' }>,
): Readonly<Record<string, Encodable | undefined>> => {
  switch (asked.method) {
    case 'ping':
      return {};
    case 'find_node':
      return { target: asked.target, want: wanted(asked.want) };
    case 'get_peers':
      return {
        info_hash: asked.infoHash,
        want: wanted(asked.want),
        scrape: asked.scrape ? 1 : undefined,
        noseed: asked.noSeed ? 1 : undefined,
      };
    case 'get':
      return { target: asked.target, want: wanted(asked.want), seq: asked.seq };
    case 'put':
      return { ...itemGiven(asked.item, true), token: asked.token, cas: asked.cas };
    case 'sample_infohashes':
      return { target: asked.target, want: wanted(asked.want) };
    case 'announce_peer': {
      const { infoHash, port, impliedPort, token, seed } = asked;
      return { info_hash: infoHash, port, implied_port: impliedPort ? 1 : 0, token, seed: seed ? 1 : undefined };
    }
  }
};

const wanted = (want: readonly Family[]): readonly string[] | undefined =>
  want.length > 0 ? want.map((family) => `n${family}`) : undefined;

const compact = (peer: Endpoint): Uint8Array => encodePeers([peer], peer.host.includes(':') ? 16 : 4);

const slices = (bytes: Uint8Array, length: number): readonly Uint8Array[] =>
  Array.from({ length: bytes.length / length }, (_, index) => bytes.subarray(index * length, (index + 1) * length));

const returned = ({
  id,
  nodes,
  peers,
  token,
  blooms,
  item,
  seq,
  samples,
}: Reply): Readonly<Record<string, Encodable | undefined>> => {
  const [nodes4, nodes6] = [encodeNodes(nodes ?? [], 4), encodeNodes(nodes ?? [], 16)];
  let room = MAX_ANSWER - FRAME - nodes4.length - nodes6.length - (blooms ? 2 * BLOOM_LENGTH : 0);
  const values = [...slices(encodePeers(peers ?? [], 4), 6), ...slices(encodePeers(peers ?? [], 16), 18)].filter(
    // The length prefix, `6:` or `18:`, and the bytes.
    ({ length }) => (room -= length + (length > 9 ? 3 : 2)) >= 0,
  );
  return {
    id,
    nodes: nodes4.length > 0 || (nodes && nodes6.length === 0) ? nodes4 : undefined,
    nodes6: nodes6.length > 0 ? nodes6 : undefined,
    values: peers ? values : undefined,
    token,
    ...(item ? itemGiven(item, false) : { seq }),
    samples: samples && new Uint8Array(Buffer.concat(samples.infoHashes)),
    num: samples?.count,
    interval: samples?.interval,
    BFsd: blooms?.seeds,
    BFpe: blooms?.leechers,
  };
};
