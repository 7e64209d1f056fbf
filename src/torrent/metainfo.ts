export interface TorrentFile {
  /** Names as the torrent has them, outermost first, text only: not yet safe to use on disk. */
  readonly path: readonly string[];
  readonly length: number;
  /** Bytes before it in the torrent. */
  readonly offset: number;
  /** BEP 47: nothing but zeros to align the next file; never written. */
  readonly padding: boolean;
  /** BEP 47: the letters of `attr`, for example `x` or `h`. */
  readonly attributes: string;
}

/** What a .torrent says, checked. */
export interface Torrent {
  /** 20 bytes: SHA-1 of the original bytes of the info dictionary. */
  readonly infoHash: Uint8Array;
  readonly name: string;
  readonly pieceLength: number;
  readonly length: number;
  /** 20 bytes a piece. */
  readonly pieceHashes: Uint8Array;
  readonly files: readonly TorrentFile[];
  /** One file named `name`, or a folder `name` with `files` in it. */
  readonly layout: 'file' | 'folder';
  /** BEP 27. */
  readonly private: boolean;
  /** BEP 12 tiers of URLs. */
  readonly announce: readonly (readonly string[])[];
  /** BEP 19. */
  readonly webSeeds: readonly string[];
  /** BEP 17. */
  readonly httpSeeds: readonly string[];
  /** BEP 5. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly comment?: string;
  readonly createdBy?: string;
  /** Seconds since 1970. */
  readonly creationDate?: number;
  readonly source?: string;
  /** The original bytes of the info dictionary. */
  readonly info: Uint8Array;
}
