import type { Address, Bytes, Count, Hex, Index, InfoHash, OfAny, OfTorrent, Port, Source } from './jsonUnits.ts';

/** `info`: what is in a torrent. Not bounded but by what a torrent may have, 100,000 files and 2,097,152 pieces. */
export interface JsonInfo extends OfTorrent {
  readonly type: 'info';
  /** As the torrent has it. */
  readonly name: string;
  /** What the file or folder is called on this machine's disk. */
  readonly path?: string;
  /** The same as `torrent`. */
  readonly infoHash: InfoHash;
  /** The link that stands for the torrent, and for what is chosen of it. */
  readonly magnet: string;
  readonly pieceLength: Bytes;
  readonly pieceCount: Count;
  /** Without padding. */
  readonly length: Bytes;
  /** What only fills up pieces. */
  readonly paddingLength?: Bytes;
  readonly private: boolean;
  /** Trackers, in tiers. */
  readonly announce: readonly (readonly string[])[];
  readonly webSeeds: readonly string[];
  readonly files: readonly {
    /** As `--files` takes it, from 1; padding has none. */
    readonly number?: Count;
    /** Where it goes on this machine's disk, from the folder it is downloaded into; nobody writes padding. */
    readonly path?: string;
    /** As the torrent has it. */
    readonly originalPath: string;
    readonly length: Bytes;
    /** Fills up a piece. */
    readonly padding?: true;
    /** Where it leads to, if the torrent says so. */
    readonly symlink?: string | true;
    readonly executable?: true;
    readonly hidden?: true;
    /** With `--files`. */
    readonly selected?: boolean;
  }[];
  readonly comment?: string;
  readonly createdBy?: string;
  /** Seconds since 1970, as the torrent has it. */
  readonly creationDate?: number;
  /** As the torrent has it. */
  readonly source?: string;
  /** With `--pieces`: SHA-1 of each. */
  readonly pieceHashes?: readonly Hex[];
}

/** `magnet_parse`: what a magnet link says. */
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
  /** Where the .torrent may be. */
  readonly sources: readonly string[];
  /** Numbers of files, from 0, such as `0,2-4`. */
  readonly select?: string;
  /** What is not used. */
  readonly ignored: readonly string[];
  /** The link as we would write it. */
  readonly link: string;
}

/** `peers`: somebody has named an address. */
export interface JsonPeer extends OfTorrent, Address {
  readonly type: 'peer';
}

/** `peers --scrape`: what a tracker counts. */
export interface JsonScraped extends OfTorrent {
  readonly type: 'scraped';
  readonly url: string;
  readonly seeds: Count;
  readonly leechers: Count;
  /** How often it was downloaded. */
  readonly downloads: Count;
}

/** `handshake`, `nhandshake`, `magnet_handshake`: what a peer says of itself. */
export interface JsonHandshake extends OfTorrent {
  readonly type: 'handshake';
  readonly host: string;
  readonly port: Port;
  readonly source: Source;
  readonly peerId: Hex;
  readonly client: string;
  /** As the peer says it. */
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
  /** Of the info dictionary. */
  readonly metadataSize?: Bytes;
  /** Requests that it keeps. */
  readonly reqq?: Count;
  /** Where it listens. */
  readonly listensOn?: Port;
  /** How it sees us. */
  readonly yourIp?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly uploadOnly?: boolean;
  readonly dhtPort?: Port;
  /** That it has, of `pieceCount`. */
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
  /** The peers that took part. */
  readonly from: readonly Address[];
}

/** `verify`: what is on disk. */
export interface JsonVerified extends OfTorrent {
  readonly type: 'verified';
  /** The file, or the folder of all files. */
  readonly path: string;
  readonly complete: boolean;
  /** Pieces that are right, of `pieceCount` that were looked for. */
  readonly valid: Count;
  readonly pieceCount: Count;
  /** Those that are not as they should be, all of them. */
  readonly files: readonly {
    /** As `info` has it, from 1. */
    readonly number: Count;
    readonly path: string;
    /** `unknown`: it shares a piece with a file that is not there. */
    readonly state: 'complete' | 'missing' | 'too-short' | 'too-long' | 'damaged' | 'unknown';
    /** On disk; -1 if there is none. */
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

/** `create`, and `seed` of files and folders: the torrent is made. */
export interface JsonCreated extends OfTorrent {
  readonly type: 'created';
  /** Of the .torrent, if one is written. */
  readonly path?: string;
  /** The same as `torrent`. */
  readonly infoHash: InfoHash;
  readonly name: string;
  readonly length: Bytes;
  readonly files: Count;
  readonly pieceLength: Bytes;
  readonly pieceCount: Count;
  readonly private: boolean;
  readonly magnet: string;
}

/** `demo`: what was downloaded is what the seeds have. */
export interface JsonDemo extends OfTorrent {
  readonly type: 'demo';
  /** With `--keep`: the .torrent. */
  readonly file?: string;
  /** With `--keep`: where the files are. */
  readonly folder?: string;
  readonly identical: boolean;
  /** With `--faults`: what was wrong with the world, and how often it showed. */
  readonly faults?: readonly FaultTimes[];
}

/** A fault, and how often it showed. */
export interface FaultTimes {
  readonly fault: string;
  readonly times: Count;
}

/**
 * `decode`: what the bencode stands for. Bytes that are no text are `{"$hex":"00ff"}`; integers keep all their digits.
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

/** `completion`: the script for a shell. */
export interface JsonCompletion extends OfAny {
  readonly type: 'completion';
  readonly shell: string;
  readonly script: string;
}

/** `--help`: for people. */
export interface JsonHelp extends OfAny {
  readonly type: 'help';
  readonly text: string;
}

/** `--version`. */
export interface JsonVersion extends OfAny {
  readonly type: 'version';
  readonly version: string;
}
