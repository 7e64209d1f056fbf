import type {
  Address,
  Bytes,
  Count,
  Hex,
  Index,
  InfoHash,
  OfTorrent,
  Port,
  Rate,
  Seconds,
  Source,
  Time,
} from './jsonUnits.ts';

/** The metadata of a magnet link has been received. */
export interface JsonMetadata extends OfTorrent {
  readonly type: 'metadata';
  readonly name: string;
  /** The same as `torrent`. */
  readonly infoHash: InfoHash;
  readonly length: Bytes;
  readonly pieceLength: Bytes;
  readonly pieceCount: Count;
  /** The number of files. */
  readonly files: Count;
}

/** One piece that was on disk already has been checked. */
export interface JsonRechecked extends OfTorrent {
  readonly type: 'rechecked';
  readonly index: Index;
  readonly valid: boolean;
  /** Pieces checked so far. */
  readonly checked: Count;
  /** Pieces to check. */
  readonly total: Count;
}

/** The pieces that earlier runs stored: once, before anything is fetched, if there are any. */
export interface JsonRestored extends OfTorrent {
  readonly type: 'restored';
  /** Verified and on disk. */
  readonly pieces: Count;
  /** The bytes of these pieces. */
  readonly length: Bytes;
  /** These pieces as a bitfield, as peers send it (BEP 3). */
  readonly bitfield: Hex;
}

/** The progress: at most once a second, only when something has changed, and a last time before `end`. */
export interface JsonProgress extends OfTorrent {
  readonly type: 'progress';
  /**
   * `metadata`: the metadata of a magnet link is fetched; `checking` the data on disk; `paused`: the disk is full, or
   * the user has paused it; `seeding` the complete torrent.
   */
  readonly phase: 'metadata' | 'checking' | 'downloading' | 'paused' | 'seeding' | 'done';
  /** Wanted bytes that are verified and stored, of `length`. */
  readonly stored: Bytes;
  readonly length: Bytes;
  /** Wanted pieces that are verified and stored, of `pieceCount`. */
  readonly pieces: Count;
  readonly pieceCount: Count;
  /** Received from peers in this run, good or bad. */
  readonly downloaded: Bytes;
  /** Uploaded to peers in this run. */
  readonly uploaded: Bytes;
  /** Discarded: duplicates, corrupt pieces, blocks that were not requested. */
  readonly wasted: Bytes;
  /** Download rate. */
  readonly rate: Rate;
  /** Upload rate. */
  readonly upRate: Rate;
  /** Share ratio: uploaded in all runs, as a multiple of `length`. */
  readonly ratio: number;
  /** Estimated time to completion at this rate; absent while nothing is received. */
  readonly eta?: Seconds;
  readonly peers: {
    readonly known: Count;
    readonly connecting: Count;
    readonly connected: Count;
    /** Have unchoked us. */
    readonly unchoked: Count;
    readonly banned: Count;
    /** How many are connected in another way than plainly over TCP, by `road`. */
    readonly roads?: Readonly<Record<string, Count>>;
  };
  /** Why the download is stalled, in words for the user. */
  readonly reason?: string;
  /** The user's rate limit holds the download back. */
  readonly held?: boolean;
}

/**
 * How far the files of a torrent of several files are, while they are downloaded: those of which this has changed, at
 * most once a second, and the rest before `done` and `end`. At most 1,000 in one object.
 */
export interface JsonFiles extends OfTorrent {
  readonly type: 'files';
  readonly files: readonly {
    /** The number for `--files`, from 1. */
    readonly number: Count;
    readonly path: string;
    readonly length: Bytes;
    /** Verified and stored, of `length`. */
    readonly stored: Bytes;
    readonly wanted: boolean;
  }[];
}

/** How far the peers that each source named have got: at most once a second, only when something has changed. */
export interface JsonFunnel extends OfTorrent {
  readonly type: 'funnel';
  readonly sources: readonly {
    readonly source: Source;
    readonly discovered: Count;
    readonly dialled: Count;
    readonly connected: Count;
    readonly handshaken: Count;
    readonly interested: Count;
    readonly unchoked: Count;
    readonly sending: Count;
    /** The number of peers that were lost, by cause. */
    readonly lost: Readonly<Record<string, Count>>;
    /** Connections that were made in another way than plainly over TCP, by `road`. */
    readonly roads?: Readonly<Record<string, Count>>;
  }[];
}

/** A piece is verified and on disk. */
export interface JsonStored extends OfTorrent {
  readonly type: 'stored';
  readonly index: Index;
  readonly length: Bytes;
  /** The peers that sent its blocks. */
  readonly from: readonly Address[];
}

/** A piece had the wrong hash; it is requested again. */
export interface JsonCorrupt extends OfTorrent {
  readonly type: 'corrupt';
  readonly index: Index;
  readonly length: Bytes;
  /** The peers that sent its blocks. */
  readonly from: readonly Address[];
}

/** A peer is connected, and the handshake is complete. */
export interface JsonPeerJoined extends OfTorrent, Address {
  readonly type: 'peer-joined';
  /** How it is connected. */
  readonly road?: 'tcp' | 'tcp+rc4' | 'utp' | 'utp+rc4' | 'punched' | 'punched+rc4' | 'proxy' | 'proxy+rc4';
}

/** A peer has left, or could not be connected. */
export interface JsonPeerLeft extends OfTorrent, Address {
  readonly type: 'peer-left';
  /** A code such as `timeout`, `refused`, `reset`; `closed` when the peer hung up. */
  readonly reason: string;
  readonly message?: string;
}

/** We have choked a peer. */
export interface JsonChoke extends OfTorrent, Address {
  readonly type: 'choke';
  /** `not-interested`, `outbid` by peers that upload more to us, `snubs` us, `turn-over`. */
  readonly reason: string;
}

/** We have unchoked a peer. */
export interface JsonUnchoke extends OfTorrent, Address {
  readonly type: 'unchoke';
  /** `free-slot`, `gives` more than others, `optimistic` unchoke, its `turn`. */
  readonly reason: string;
}

/** A tracker has answered. */
export interface JsonAnnounced extends OfTorrent {
  readonly type: 'announced';
  readonly url: string;
  /** The number of peers that it named. */
  readonly peers: Count;
  /** Time until the next regular announce. */
  readonly interval: Seconds;
  readonly seeds?: Count;
  readonly leechers?: Count;
}

/** A tracker is asked, has answered, or has failed. */
export interface JsonTracker extends OfTorrent {
  readonly type: 'tracker';
  readonly url: string;
  readonly tier: Index;
  /**
   * `asking` now, `working` since its last answer, `failing` since its last announce, `dropped`: never asked
   * again.
   */
  readonly state: 'asking' | 'working' | 'failing' | 'dropped';
  /** Failures since its last answer. */
  readonly failures: Count;
  /** The error of the last announce, unless the tracker answered. */
  readonly error?: { readonly code: string; readonly message: string };
  readonly lastAnswer?: Time;
  /** The latest time of the next announce. */
  readonly nextAnnounce?: Time;
  /** Counts of its last answer. */
  readonly peers?: Count;
  readonly seeds?: Count;
  readonly leechers?: Count;
}

/** A port is open: peers can connect to us. */
export interface JsonPortOpen extends OfTorrent {
  readonly type: 'port-open';
  /** TCP. */
  readonly port: Port;
}

/** All wanted files are verified and on disk. Told again when other files are selected while it is seeded. */
export interface JsonDone extends OfTorrent {
  readonly type: 'done';
  /** The bytes of the wanted files. */
  readonly length: Bytes;
  /** The file, or the folder with all files. */
  readonly path: string;
  /** The wanted files; the first 1,000 if there are more. */
  readonly paths: readonly string[];
  /** The number of further files. */
  readonly morePaths?: Count;
  /** Received from peers in this run so far, good or bad. */
  readonly downloaded: Bytes;
  /** Uploaded to peers in this run so far. */
  readonly uploaded: Bytes;
  /** Discarded so far. */
  readonly wasted: Bytes;
}

/** Seeding is over: a limit has been reached. */
export interface JsonSeeded extends OfTorrent {
  readonly type: 'seeded';
  /** The limit that was reached. */
  readonly reason: 'ratio' | 'time' | 'idle';
  /** Uploaded in this run. */
  readonly uploaded: Bytes;
  /** Share ratio: uploaded in all runs, as a multiple of the length. */
  readonly ratio: number;
}
