import { bytesOf, described, type Dict, dictOf, latin1, type Value } from '../../protocol/encoding/bencode.ts';
import { equalIds, toHex } from '../../protocol/encoding/id.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { HASH, merkleRoot, pieceLevels } from './merkle.ts';

const LAYERS = 'torrent.piece layers';

/** A file, as far as its hashes are concerned. */
export interface Rooted {
  readonly length: number;
  readonly root?: Uint8Array;
}

/**
 * The hashes of the pieces of a file, 32 bytes each, after they were checked against its root: a file of one piece has
 * none but its root.
 *
 * @throws Malformed
 */
export const checkedLayer = (layer: Value | undefined, length: number, root: Uint8Array, pieceLength: number) => {
  const size = Math.ceil(length / pieceLength) * HASH;
  const hashes = bytesOf(layer);
  if (hashes?.length !== size) throw new Malformed(LAYERS, `${size} bytes`, hashes?.length ?? described(layer));
  if (!equalIds(merkleRoot(hashes, pieceLevels(pieceLength)), root))
    throw new Malformed(LAYERS, `hashes with the root ${toHex(root)}`, 'others');
  return hashes;
};

/**
 * Reads the hashes of pieces that stand beside the info dictionary, and checks them against the roots in it. Those that
 * are missing may be had from peers: what is returned gives undefined for their files.
 *
 * @throws Malformed
 */
export const pieceLayers = (
  layers: Value | undefined,
  files: readonly Rooted[],
  pieceLength: number,
): ((file: Rooted) => Uint8Array | undefined) => {
  const known: Dict | undefined = dictOf(layers);
  if (layers !== undefined && !known) throw new Malformed(LAYERS, 'a dictionary', described(layers));
  const checked = new Map<string, Uint8Array>();
  for (const { length, root } of files) {
    if (known === undefined || root === undefined || length <= pieceLength) continue;
    const key = latin1(root);
    const layer = known.get(key);
    // Files alike have one layer; their lengths are checked, too.
    if (layer !== undefined && checked.get(key)?.length !== Math.ceil(length / pieceLength) * HASH)
      checked.set(key, checkedLayer(layer, length, root, pieceLength));
  }
  return ({ length, root }) => root && (length <= pieceLength ? root : checked.get(latin1(root)));
};
