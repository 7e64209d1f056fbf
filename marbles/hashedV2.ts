import { encode } from '../src/protocol/encoding/bencode.ts';
import { sha256 } from '../src/protocol/encoding/id.ts';
import { LayerTree } from '../src/torrent/merkle/layerTree.ts';
import { LayerDraft } from '../src/torrent/merkle/layerDraft.ts';
import { merkleRoot } from '../src/torrent/metainfo/merkle.ts';
import { parseInfo } from '../src/torrent/metainfo/metainfo.ts';

/** A torrent of version 2 of three pieces: as metadata, and with the hashes that come in one range. */
export const hashedV2 = () => {
  const layer = new Uint8Array(Buffer.concat([1, 2, 3].map((n) => sha256(Uint8Array.of(n)))));
  const root = merkleRoot(layer);
  const file = { '': { length: 3 * 16_384, 'pieces root': root } };
  const bare = parseInfo(
    encode({ 'file tree': { content: file }, 'meta version': 2, name: 'content', 'piece length': 16_384 }),
  );
  const range = { root, base: 0, index: 0, length: 4, proof: 1 };
  const hashes = new LayerTree(layer, 0).range(range) ?? new Uint8Array();
  const draft = new LayerDraft(bare);
  draft.next(0);
  draft.received({ type: 'hashes', ...range, hashes });
  return { bare, torrent: draft.torrent ?? bare, layer, range, hashes };
};
