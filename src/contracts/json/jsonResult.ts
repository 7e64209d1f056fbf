import type { Address, Bytes, Count, Hex, Index, InfoHash, OfAny, OfTorrent, Port, Source } from './jsonUnits.ts';

/** `info`: the content of a torrent. Limited only by what a torrent may have: 100,000 files and 2,097,152 pieces. */
export interface JsonInfo extends OfTorrent {
  readonly type: 'info';
  /** As in the torrent. */
  readonly name: string;
  /** The name of the file or folder on this machine's disk. */
  readonly path?: string;
  /** The same as `torrent`. */
  readonly infoHash: InfoHash;
  /** The info-hash of version 2, of a hybrid torrent. */
  readonly infoHashV2?: Hex;
  /** The magnet link of the torrent, with the selected files. */
  readonly magnet: string;
  readonly pieceLength: Bytes;
  readonly pieceCount: Count;
  /** Bytes without padding. */
  readonly length: Bytes;
  /** Bytes of padding files. */
  readonly paddingLength?: Bytes;
  readonly private: boolean;
  /** Trackers, in tiers. */
  readonly announce: readonly (readonly string[])[];
  readonly webSeeds: readonly string[];
  readonly files: readonly {
    /** The number for `--files`, from 1; padding has none. */
    readonly number?: Count;
    /** The path on this machine's disk, relative to the download folder; padding is never written. */
    readonly path?: string;
    /** As in the torrent. */
    readonly originalPath: string;
    readonly length: Bytes;
    /** A padding file. */
    readonly padding?: true;
    /** The target of a symbolic link. */
    readonly symlink?: string | true;
    readonly executable?: true;
    readonly hidden?: true;
    /** The root of its hashes in version 2, of a hybrid torrent. */
    readonly root?: Hex;
    /** With `--files`. */
    readonly selected?: boolean;
  }[];
  readonly comment?: string;
  readonly createdBy?: string;
  /** Seconds since 1970, as in the torrent. */
  readonly creationDate?: number;
  /** As in the torrent. */
  readonly source?: string;
  /** With `--pieces`: the SHA-1 of each piece. */
  readonly pieceHashes?: readonly Hex[];
}

/** `magnet_parse`: the content of a magnet link. */
export interface JsonMagnet extends OfTorrent {
  readonly type: 'magnet';
  /** The same as `torrent`. */
  readonly infoHash: InfoHash;
  /** The info-hash of version 2. */
  readonly infoHashV2?: Hex;
  readonly name?: string;
  readonly length?: Bytes;
  /** Trackers, in tiers. */
  readonly announce: readonly (readonly string[])[];
  readonly peers: readonly Address[];
  readonly webSeeds: readonly string[];
  /** URLs at which the .torrent may be. */
  readonly sources: readonly string[];
  /** Numbers of files, from 0, such as `0,2-4`. */
  readonly select?: string;
  /** Parts of the link that are not used. */
  readonly ignored: readonly string[];
  /** The link as we would write it. */
  readonly link: string;
}

/** `peers`: a source has named an address. */
export interface JsonPeer extends OfTorrent, Address {
  readonly type: 'peer';
}

/** `peers --scrape`: the counts of a tracker. */
export interface JsonScraped extends OfTorrent {
  readonly type: 'scraped';
  readonly url: string;
  readonly seeds: Count;
  readonly leechers: Count;
  /** The number of completed downloads. */
  readonly downloads: Count;
}

/** `handshake`, `nhandshake`, `magnet_handshake`: the handshake of a peer. */
export interface JsonHandshake extends OfTorrent {
  readonly type: 'handshake';
  readonly host: string;
  readonly port: Port;
  readonly source: Source;
  readonly peerId: Hex;
  readonly client: string;
  /** As in the peer's handshake. */
  readonly infoHash: InfoHash;
  /** The eight reserved bytes. */
  readonly reserved: Hex;
  /** Speaks the extension protocol. */
  readonly extended: boolean;
  /** Speaks the fast extension. */
  readonly fast: boolean;
  /** Has a DHT node. */
  readonly dht: boolean;
  /** Extensions and their ids. */
  readonly extensions?: Readonly<Record<string, number>>;
  /** Name and version of the client. */
  readonly version?: string;
  /** Bytes of the info dictionary. */
  readonly metadataSize?: Bytes;
  /** Requests that the peer queues. */
  readonly reqq?: Count;
  /** The port at which the peer listens. */
  readonly listensOn?: Port;
  /** Our address as the peer sees it. */
  readonly yourIp?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly uploadOnly?: boolean;
  readonly dhtPort?: Port;
  /** Pieces that the peer has, of `pieceCount`. */
  readonly pieces?: Count;
  readonly pieceCount?: Count;
}

/** `download_piece`: the piece is written. */
export interface JsonPiece extends OfTorrent {
  readonly type: 'piece';
  readonly index: Index;
  readonly length: Bytes;
  readonly sha1: Hex;
  readonly path: string;
  /** The peers that sent its blocks. */
  readonly from: readonly Address[];
}

/** `verify`: the result of checking the data on disk. */
export interface JsonVerified extends OfTorrent {
  readonly type: 'verified';
  /** The file, or the folder of all files. */
  readonly path: string;
  readonly complete: boolean;
  /** Valid pieces, of the `pieceCount` that were checked. */
  readonly valid: Count;
  readonly pieceCount: Count;
  /** All files that are missing or damaged. */
  readonly files: readonly {
    /** The number that `info` shows, from 1. */
    readonly number: Count;
    readonly path: string;
    /** `unknown`: the file shares a piece with a file that is missing. */
    readonly state: 'complete' | 'missing' | 'too-short' | 'too-long' | 'damaged' | 'unknown';
    /** Bytes on disk; -1 if there is no such file. */
    readonly size: number;
  }[];
}

/** `create`, and `seed` of files and folders: one piece has been hashed. */
export interface JsonHashed extends OfAny {
  readonly type: 'hashed';
  readonly index: Index;
  /** Pieces hashed so far. */
  readonly hashed: Count;
  /** Pieces to hash. */
  readonly total: Count;
  readonly length: Bytes;
  readonly pieceLength: Bytes;
}

/** `create`, and `seed` of files and folders: the torrent has been made. */
export interface JsonCreated extends OfTorrent {
  readonly type: 'created';
  /** The path of the .torrent, if one is written. */
  readonly path?: string;
  /** The same as `torrent`. */
  readonly infoHash: InfoHash;
  /** The info-hash of version 2, if there is one. */
  readonly infoHashV2?: Hex;
  readonly name: string;
  readonly length: Bytes;
  readonly files: Count;
  readonly pieceLength: Bytes;
  readonly pieceCount: Count;
  readonly private: boolean;
  readonly magnet: string;
}

/** `demo`: the download is identical to the data of the seeds. */
export interface JsonDemo extends OfTorrent {
  readonly type: 'demo';
  /** With `--keep`: the .torrent. */
  readonly file?: string;
  /** With `--keep`: the folder of the files. */
  readonly folder?: string;
  readonly identical: boolean;
  /** With `--faults`: the faults that were injected, and how often. */
  readonly faults?: readonly FaultTimes[];
}

/** A fault, and how often it was injected. */
export interface FaultTimes {
  readonly fault: string;
  readonly times: Count;
}

/**
 * `decode`: the bencoded value. Byte strings that are not UTF-8 are `{"$hex":"00ff"}`; integers keep all their digits.
 */
export interface JsonDecoded extends OfAny {
  readonly type: 'decoded';
  readonly value: unknown;
}

/**
 * `compare`: one measure of two strategies, by its median over the seeds. What is absent was not reached in time.
 */
export interface JsonCompared extends OfAny {
  readonly type: 'compared';
  /** `first` `median` `last` `playable` in seconds; `waste` `seeded` `given` `fairness` as fractions. */
  readonly measure: string;
  readonly a?: number;
  readonly b?: number;
  /** The median of the differences between two runs of one seed, `b` − `a`. */
  readonly difference?: number;
  /** Where that is, with a confidence of 95 %. */
  readonly low?: number;
  readonly high?: number;
  /** Which of the two is better, if that can be told. */
  readonly better?: 'a' | 'b';
  readonly seeds: Count;
}

/** A file that `stream` serves. */
export interface JsonStreamed {
  /** Its number, as shown by `info`. */
  readonly file: Count;
  readonly url: string;
  readonly length: Bytes;
  /** Such as `video/mp4`. */
  readonly mediaType: string;
}

/** `stream`: what is served, and where; it can be read from now on. */
export interface JsonStream extends OfAny {
  readonly type: 'stream';
  /** Of the file; of a playlist if there are several. */
  readonly url: string;
  readonly files: readonly JsonStreamed[];
}

/**
 * A publisher's key names a torrent: after `start`, if the source is a link to a key; and each time that `publish` has
 * put it.
 */
export interface JsonPublication extends OfTorrent {
  readonly type: 'publication';
  /** The public key. */
  readonly key: Hex;
  /** Tells apart what one key publishes. */
  readonly salt?: Hex;
  /** The version: a higher one replaces it. */
  readonly seq: Count;
  /** The same as `torrent`. */
  readonly infoHash: InfoHash;
  /** The magnet link that leads to whatever the key names. */
  readonly link: string;
  /** `publish`: how many nodes of the DHT have taken it. */
  readonly nodes?: Count;
}

/** `completion`: the script for a shell. */
export interface JsonCompletion extends OfAny {
  readonly type: 'completion';
  readonly shell: string;
  readonly script: string;
}

/** `--help`: for the user. */
export interface JsonHelp extends OfAny {
  readonly type: 'help';
  readonly text: string;
}

/** `--version`. */
export interface JsonVersion extends OfAny {
  readonly type: 'version';
  readonly version: string;
}
