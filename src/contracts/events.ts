import type { PeerAddress, PeerSource } from './network.ts';
import type { CheckedFile } from '../torrent/metainfo/fileStates.ts';
import type { FunnelRow } from '../torrent/stats/funnel.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';

/**
 * Events are plain data: each has its own interface, by its `type`, and `JSON.stringify` writes all that can be seen of
 * it. `jsonOf` is how the command line writes it.
 *
 * ```ts
 * events$.pipe(filter((event) => event.type === 'stored')) // Observable<PieceStored>
 * ```
 */
interface OfPiece {
  readonly index: number;
  /** Bytes of the piece. */
  readonly length: number;
  /** The peers that took part, each once. */
  readonly from: readonly PlainAddress[];
}

/** The address of a peer as events have it, without the connection that it may have made to us. */
export type PlainAddress = Omit<PeerAddress, 'wire$'>;

/** A piece is verified, and on disk. */
export interface PieceStored extends OfPiece {
  readonly type: 'stored';
}

/** A piece did not have the hash that its torrent promises: it is asked for again. */
export interface PieceCorrupt extends OfPiece {
  readonly type: 'corrupt';
}

/** What became of a piece. */
export type PieceOutcome = PieceStored | PieceCorrupt;

/** What earlier runs have stored: told once, before anything is fetched, if there is anything. */
export interface Restored {
  readonly type: 'restored';
  /** Pieces that are verified and on disk. */
  readonly pieces: number;
  /** Bytes of them. */
  readonly length: number;
  /** Which they are: the bytes of a bitfield as peers send it (BEP 3), in hexadecimal digits. */
  readonly bitfield: string;
}

export interface PeerJoined {
  readonly type: 'peer-joined';
  readonly address: PlainAddress;
}

export interface PeerLeft {
  readonly type: 'peer-left';
  readonly address: PlainAddress;
  /** A code of `PeerError`, or `closed` when they hung up. */
  readonly reason: string;
  readonly message?: string;
}

/** We serve a peer from now on. */
export interface Unchoked {
  readonly type: 'unchoke';
  readonly address: PlainAddress;
  /**
   * `free-slot`, `gives` more than others, `optimistic` by chance, its `turn`. Or what a strategy of the user says.
   */
  readonly reason: string;
}

/** We serve a peer no longer. */
export interface Choked {
  readonly type: 'choke';
  readonly address: PlainAddress;
  /** `not-interested`, `outbid` by others that give more, `snubs` us, `turn-over`. */
  readonly reason: string;
}

export type Choking = Choked | Unchoked;

/** A tracker answered. */
export interface Announced {
  readonly type: 'announced';
  readonly url: string;
  readonly peers: number;
  /** Seconds until the next regular announce. */
  readonly interval: number;
  readonly seeds?: number;
  readonly leechers?: number;
}

/**
 * What is known of one tracker: told when it is asked, and with whatever comes of it. Times are in ms, as `now()` tells
 * them.
 */
export interface TrackerStatus {
  readonly type: 'tracker';
  readonly url: string;
  /** Counted from 0. */
  readonly tier: number;
  /**
   * `asking` now, `working` since its last answer, `failing` since the last time it was asked, `dropped`: never asked
   * again.
   */
  readonly state: 'asking' | 'working' | 'failing' | 'dropped';
  /** Failures since its last answer. */
  readonly failures: number;
  /** What came of it the last time, unless that was an answer. */
  readonly error?: { readonly code: string; readonly message: string };
  readonly lastAnswer?: number;
  /** When it is asked again at the latest, if it is known already. */
  readonly nextAnnounce?: number;
  /** As of its last answer. */
  readonly peers?: number;
  readonly seeds?: number;
  readonly leechers?: number;
}

/** Peers can call us. */
export interface PortOpen {
  readonly type: 'port-open';
  /** TCP. */
  readonly port: number;
}

/** Something the user should see, and that does not end the download. */
export interface Warning {
  readonly type: 'warning';
  /** A code of the error behind it, for example `failure-reason` or `full`. */
  readonly code: string;
  readonly message: string;
  /** The tracker or the web server that it is about. */
  readonly url?: string;
}

/** One piece of what was there already has been checked. */
export interface Rechecked {
  readonly type: 'rechecked';
  readonly index: number;
  readonly valid: boolean;
  /** Pieces checked so far, and to check in all. */
  readonly checked: number;
  readonly total: number;
}

/** All of what is there has been checked. */
export interface Checked {
  readonly type: 'checked';
  /** Is everything that was looked for there, and nothing behind it? */
  readonly complete: boolean;
  /** Pieces that were looked for, and how many of them are right. */
  readonly pieceCount: number;
  readonly valid: number;
  /** Each file that was looked for, with its absolute path. */
  readonly files: readonly (CheckedFile & { readonly path: string })[];
}

export interface Progress {
  readonly type: 'progress';
  /**
   * `metadata` while it is not known what a magnet link stands for, `checking` what is on disk, `downloading`, `paused`
   * for want of disk space,
   * `seeding` what is complete, `done`.
   */
  readonly phase: 'metadata' | 'checking' | 'downloading' | 'paused' | 'seeding' | 'done';
  /**
   * Bytes of what is wanted (padding included, if that is everything), and how many of them are verified and stored.
   */
  readonly stored: number;
  readonly length: number;
  /** Pieces that are wanted, and how many of them are verified and stored. */
  readonly pieces: number;
  readonly pieceCount: number;
  /** Payload bytes that came from peers in this run, good or bad. */
  readonly downloaded: number;
  readonly uploaded: number;
  /** Bytes a second, over the last seconds. */
  readonly rate: number;
  /** The same of what peers got. */
  readonly upRate: number;
  /** Bytes given in all runs, as a multiple of `length`. */
  readonly ratio: number;
  /** Seconds to go at this rate; undefined while nothing moves. */
  readonly eta?: number;
  readonly peers: {
    readonly known: number;
    readonly connecting: number;
    readonly connected: number;
    /** Have unchoked us. */
    readonly unchoked: number;
    readonly banned: number;
  };
  /** Bytes thrown away: duplicates, corrupt pieces, what was not asked for. */
  readonly wasted: number;
  /** Why nothing moves, in words for people, when nothing has for a while. */
  readonly reason?: string;
  /** Our own rate limit holds back what could be asked for. */
  readonly held?: boolean;
}

/**
 * What has become of the peers that each source named: how many got how far, and why the others did not. Told when it
 * has changed.
 */
export interface FunnelSample {
  readonly type: 'funnel';
  readonly sources: readonly FunnelRow<PeerSource>[];
}

/** It is known what a magnet link stands for. */
export interface MetadataKnown {
  readonly type: 'metadata';
  readonly name: string;
  /** 40 hexadecimal digits. */
  readonly infoHash: string;
  /** Bytes, padding included. */
  readonly length: number;
  readonly pieceLength: number;
  readonly pieceCount: number;
  /** How many files there are, without padding. */
  readonly files: number;
  /** All that is known of it. Not enumerable: JSON, and copies of the event, leave it out. */
  readonly torrent: Torrent;
}

/** All that is wanted is verified and on disk. The last event, unless it goes on to seed. */
export interface Done {
  readonly type: 'done';
  /** Bytes of what is wanted. */
  readonly length: number;
  /** The file or folder that all of it is, or is in. */
  readonly path: string;
  /** The files that are wanted. */
  readonly paths: readonly string[];
  /** Payload bytes of this run, as `Progress` has them, up to this moment. */
  readonly downloaded: number;
  readonly uploaded: number;
  readonly wasted: number;
}

/** One piece of what is to be a torrent has been hashed. */
export interface Hashed {
  readonly type: 'hashed';
  readonly index: number;
  /** Pieces hashed so far, and to hash in all. */
  readonly hashed: number;
  readonly total: number;
  /** Bytes of the torrent, padding included, and of a piece. */
  readonly length: number;
  readonly pieceLength: number;
}

/** The torrent is made, and nothing is written. */
export interface Created {
  readonly type: 'created';
  readonly name: string;
  /** 40 hexadecimal digits. */
  readonly infoHash: string;
  /** Bytes, padding included. */
  readonly length: number;
  readonly pieceLength: number;
  readonly pieceCount: number;
  /** How many files there are, without padding. */
  readonly files: number;
  /** The .torrent. Not enumerable, nor is `torrent`: JSON, and copies of the event, leave them out. */
  readonly bytes: Uint8Array;
  readonly torrent: Torrent;
}

export type CreateEvent = Hashed | Created | Warning;

/** Enough has been given: seeding ends. */
export interface Seeded {
  readonly type: 'seeded';
  /** Which limit was reached. */
  readonly reason: 'ratio' | 'time' | 'idle';
  /** Bytes given in this run, and in all as a multiple of the length. */
  readonly uploaded: number;
  readonly ratio: number;
}

export type DownloadEvent =
  | PieceStored
  | PieceCorrupt
  | PortOpen
  | MetadataKnown
  | Restored
  | PeerJoined
  | PeerLeft
  | Choked
  | Unchoked
  | Announced
  | TrackerStatus
  | Warning
  | Rechecked
  | Progress
  | FunnelSample
  | Done
  | Seeded;
