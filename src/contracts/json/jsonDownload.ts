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

/** It is known what a magnet link stands for. */
export interface JsonMetadata extends OfTorrent {
  readonly type: 'metadata';
  readonly name: string;
  /** The same as `torrent`. */
  readonly infoHash: InfoHash;
  readonly length: Bytes;
  readonly pieceLength: Bytes;
  readonly pieceCount: Count;
  /** How many there are. */
  readonly files: Count;
}

/** One piece of what was there already has been checked. */
export interface JsonRechecked extends OfTorrent {
  readonly type: 'rechecked';
  readonly index: Index;
  readonly valid: boolean;
  /** Pieces checked so far. */
  readonly checked: Count;
  /** Pieces to check. */
  readonly total: Count;
}

/** What earlier runs have stored: once, before anything is fetched, if there is anything. */
export interface JsonRestored extends OfTorrent {
  readonly type: 'restored';
  /** Verified and on disk. */
  readonly pieces: Count;
  /** Of these pieces. */
  readonly length: Bytes;
  /** Which they are: a bitfield as peers send it (BEP 3). */
  readonly bitfield: Hex;
}

/** How far it is: at most once a second, only when something has changed, and a last time before `end`. */
export interface JsonProgress extends OfTorrent {
  readonly type: 'progress';
  /**
   * `metadata`: not known yet what a magnet link stands for; `checking` what is on disk; `paused` for want of disk
   * space; `seeding` what is complete.
   */
  readonly phase: 'metadata' | 'checking' | 'downloading' | 'paused' | 'seeding' | 'done';
  /** Verified and stored, of `length`: what is wanted. */
  readonly stored: Bytes;
  readonly length: Bytes;
  /** Verified and stored, of `pieceCount`. */
  readonly pieces: Count;
  readonly pieceCount: Count;
  /** Came from peers in this run, good or bad. */
  readonly downloaded: Bytes;
  /** Went to peers in this run. */
  readonly uploaded: Bytes;
  /** Thrown away: duplicates, corrupt pieces, what was not asked for. */
  readonly wasted: Bytes;
  /** Download. */
  readonly rate: Rate;
  /** Upload. */
  readonly upRate: Rate;
  /** Given in all runs, as a multiple of `length`. */
  readonly ratio: number;
  /** To go at this rate; absent while nothing moves. */
  readonly eta?: Seconds;
  readonly peers: {
    readonly known: Count;
    readonly connecting: Count;
    readonly connected: Count;
    /** Serve us. */
    readonly unchoked: Count;
    readonly banned: Count;
    /** How many are connected in another way than plainly over TCP, by `road`. */
    readonly roads?: Readonly<Record<string, Count>>;
  };
  /** Why nothing moves, in words for people. */
  readonly reason?: string;
  /** Our own rate limit holds it back. */
  readonly held?: boolean;
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
    /** How many were lost for which cause. */
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
  /** The peers that took part. */
  readonly from: readonly Address[];
}

/** A piece had the wrong hash; it is asked for again. */
export interface JsonCorrupt extends OfTorrent {
  readonly type: 'corrupt';
  readonly index: Index;
  readonly length: Bytes;
  /** The peers that took part. */
  readonly from: readonly Address[];
}

/** A peer is connected, and has said who it is. */
export interface JsonPeerJoined extends OfTorrent, Address {
  readonly type: 'peer-joined';
  /** How it is connected. */
  readonly road?: 'tcp' | 'tcp+rc4';
}

/** A peer is gone, or never came. */
export interface JsonPeerLeft extends OfTorrent, Address {
  readonly type: 'peer-left';
  /** A code such as `timeout`, `refused`, `reset`; `closed` when it hung up. */
  readonly reason: string;
  readonly message?: string;
}

/** A peer is served no longer. */
export interface JsonChoke extends OfTorrent, Address {
  readonly type: 'choke';
  /** `not-interested`, `outbid` by others that give more, `snubs` us, `turn-over`. */
  readonly reason: string;
}

/** A peer is served from now on. */
export interface JsonUnchoke extends OfTorrent, Address {
  readonly type: 'unchoke';
  /** `free-slot`, `gives` more than others, `optimistic` by chance, its `turn`. */
  readonly reason: string;
}

/** A tracker has answered. */
export interface JsonAnnounced extends OfTorrent {
  readonly type: 'announced';
  readonly url: string;
  /** How many it named. */
  readonly peers: Count;
  /** Until the next regular announce. */
  readonly interval: Seconds;
  readonly seeds?: Count;
  readonly leechers?: Count;
}

/** A tracker is asked, or something has come of it. */
export interface JsonTracker extends OfTorrent {
  readonly type: 'tracker';
  readonly url: string;
  readonly tier: Index;
  /**
   * `asking` now, `working` since its last answer, `failing` since the last time it was asked, `dropped`: never asked
   * again.
   */
  readonly state: 'asking' | 'working' | 'failing' | 'dropped';
  /** Since its last answer. */
  readonly failures: Count;
  /** What came of it the last time, unless that was an answer. */
  readonly error?: { readonly code: string; readonly message: string };
  readonly lastAnswer?: Time;
  /** When it is asked again at the latest. */
  readonly nextAnnounce?: Time;
  /** As of its last answer. */
  readonly peers?: Count;
  readonly seeds?: Count;
  readonly leechers?: Count;
}

/** Peers can call us. */
export interface JsonPortOpen extends OfTorrent {
  readonly type: 'port-open';
  /** TCP. */
  readonly port: Port;
}

/** All that is wanted is verified and on disk. Again when other files are selected while it is seeded. */
export interface JsonDone extends OfTorrent {
  readonly type: 'done';
  /** Of what is wanted. */
  readonly length: Bytes;
  /** The file or folder that all of it is, or is in. */
  readonly path: string;
  /** The files that are wanted; of more than 1,000 the first. */
  readonly paths: readonly string[];
  /** How many more of them there are. */
  readonly morePaths?: Count;
  /** Came from peers in this run so far, good or bad. */
  readonly downloaded: Bytes;
  /** Went to peers in this run so far. */
  readonly uploaded: Bytes;
  /** Thrown away so far. */
  readonly wasted: Bytes;
}

/** Enough has been given. */
export interface JsonSeeded extends OfTorrent {
  readonly type: 'seeded';
  /** Which limit was reached. */
  readonly reason: 'ratio' | 'time' | 'idle';
  /** In this run. */
  readonly uploaded: Bytes;
  /** Given in all runs, as a multiple of the length. */
  readonly ratio: number;
}
