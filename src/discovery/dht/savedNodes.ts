import { bytesOf, decode, dictOf, encode, intOf, type Dict } from '../../protocol/encoding/bencode.ts';
import { decodeNodes, encodeNodes, type NodeEndpoint } from '../../protocol/encoding/compact.ts';
import { ID_LENGTH } from '../../protocol/encoding/id.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';

/** Maximum number of nodes of each address family that are kept from one run to the next. */
export const MAX_SAVED = 300;
const VERSION = 1;
const MAX_SAVED_BYTES = 65_536;

/** What a node saves at its end, and loads when it starts again. */
export interface SavedNodes {
  /** Our id, 20 bytes. */
  readonly id: Uint8Array;
  /** The most useful nodes first. */
  readonly nodes: readonly NodeEndpoint[];
}

export const encodeSavedNodes = ({ id, nodes }: SavedNodes): Uint8Array => {
  const of = (length: 4 | 16) => encodeNodes(nodes, length).subarray(0, MAX_SAVED * (ID_LENGTH + length + 2));
  return encode({ version: VERSION, id, nodes: of(4), nodes6: of(16) });
};

/** Undefined for anything that `encodeSavedNodes` has not made: then the node starts from nothing. */
export const decodeSavedNodes = (bytes: Uint8Array): SavedNodes | undefined => {
  try {
    const saved = dictOf(decode(bytes, { maxBytes: MAX_SAVED_BYTES, maxTokens: 20 }));
    const id = bytesOf(saved?.get('id'));
    if (!saved || id?.length !== ID_LENGTH || intOf(saved.get('version')) !== VERSION) return undefined;
    return { id, nodes: [...nodesOf(saved, 'nodes', 4), ...nodesOf(saved, 'nodes6', 16)] };
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
};

const nodesOf = (saved: Dict, name: string, length: 4 | 16): readonly NodeEndpoint[] =>
  decodeNodes(bytesOf(saved.get(name)) ?? new Uint8Array(), length, MAX_SAVED);
