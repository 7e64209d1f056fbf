import { InputError } from '../../contracts/errors.ts';
import { equalIds } from '../../protocol/encoding/id.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { LayerDraft } from '../../torrent/merkle/layerDraft.ts';
import type { MagnetLink } from '../../torrent/metainfo/magnet.ts';
import { parseInfo, type Torrent, Unsupported } from '../../torrent/metainfo/metainfo.ts';

/** Combines the info dictionary and the link. @throws InputError */
export const torrentOf = ({ announce, webSeeds, infoHash, infoHashV2 }: MagnetLink, metadata: Uint8Array): Torrent => {
  try {
    const torrent = parseInfo(metadata);
    if (infoHashV2 !== undefined && !(torrent.infoHashV2 && equalIds(torrent.infoHashV2, infoHashV2)))
      throw new Malformed('info', 'the hash of version 2 that the link has', 'another');
    // A hybrid whose link names the second hash alone is met by that one.
    return { ...torrent, infoHash, announce, webSeeds };
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
    throw new InputError(
      cause instanceof Unsupported ? 'unsupported' : 'bad-metainfo',
      `the metadata of the magnet link: ${cause.message}`,
      { cause },
    );
  }
};

/** What comes between the info dictionary and the torrent: in version 2 the hashes of pieces are still missing. */
export class Layers {
  /** What is missing; undefined as long as the info dictionary is unknown, and if nothing is. */
  draft: LayerDraft | undefined;
  #torrent: Torrent | undefined;
  readonly #magnet: MagnetLink;

  constructor(magnet: MagnetLink) {
    this.#magnet = magnet;
  }

  /** The torrent, once all of it is known. */
  get torrent(): Torrent | undefined {
    return this.draft === undefined ? this.#torrent : this.draft.torrent;
  }

  /** @throws InputError */
  learn(metadata: Uint8Array): void {
    if (this.#torrent !== undefined) return;
    this.#torrent = torrentOf(this.#magnet, metadata);
    if (this.#torrent.lacksHashes) this.draft = new LayerDraft(this.#torrent);
  }
}
