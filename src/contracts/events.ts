import type { PeerAddress, PeerSource, Road } from './network.ts';
import type { CheckedFile } from '../torrent/metainfo/fileStates.ts';
import type { FunnelRow } from '../torrent/stats/funnel.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';

/**
 * Events are plain data: each has its own interface, told apart by `type`, and `JSON.stringify` writes every enumerable
 * field. The command line writes events by `jsonOf`.
 *
 * ```ts
 * events$.pipe(filter((event) => event.type === 'stored')) // Observable<PieceStored>
 * ```
 */
interface OfPiece {
  readonly index: number;
  /** Bytes of the piece. */
  readonly length: number;
  /** The peers that sent its blocks, each once. */
  readonly from: readonly PlainAddress[];
}

/** The address of a peer as events carry it, without the wire of an incoming connection. */
export type PlainAddress = Omit<PeerAddress, 'wire$'>;

/** A piece is verified and on disk. */
export interface PieceStored extends OfPiece {
  readonly type: 'stored';
}

/** The hash of a piece differs from the one in the torrent: the piece is requested again. */
export interface PieceCorrupt extends OfPiece {
  readonly type: 'corrupt';
  /** The numbers of its wrong blocks, if they are known: only these are requested again (BEP 52). */
  readonly wrong?: readonly number[];
}

/** The fate of a piece. */
export type PieceOutcome = PieceStored | PieceCorrupt;

/** The pieces that earlier runs stored: emitted once, before anything is fetched, if there are any. */
export interface Restored {
  readonly type: 'restored';
  /** The number of pieces that are verified and on disk. */
  readonly pieces: number;
  /** The bytes of these pieces. */
  readonly length: number;
  /** The pieces as the bytes of a bitfield (BEP 3), in hexadecimal digits. */
  readonly bitfield: string;
}

export interface PeerJoined {
  readonly type: 'peer-joined';
  readonly address: PlainAddress;
  /** How it is connected, if the environment tells. */
  readonly road?: Road;
}

export interface PeerLeft {
  readonly type: 'peer-left';
  readonly address: PlainAddress;
  /** A code of `PeerError`, or `closed` when the peer hung up. */
  readonly reason: string;
  readonly message?: string;
}

/** A peer is unchoked: we serve it from now on. */
export interface Unchoked {
  readonly type: 'unchoke';
  readonly address: PlainAddress;
  /**
   * Why: there is a `free-slot`, it `gives` more than others, it is the `optimistic` unchoke, it is its `turn`. Or the
   * word of a strategy of the user's own.
   */
  readonly reason: string;
}

/** A peer is choked: we no longer serve it. */
export interface Choked {
  readonly type: 'choke';
  readonly address: PlainAddress;
  /** Why: it is `not-interested`, `outbid` by peers that give more, it `snubs` us, `turn-over`. */
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
 * The state of one tracker: emitted when it is asked, and with each outcome. Times are in ms, as `now()` tells them.
 */
export interface TrackerStatus {
  readonly type: 'tracker';
  readonly url: string;
  /** The tier, counted from 0. */
  readonly tier: number;
  /** `asking` now, `working` since its last answer, `failing` since its last failure, `dropped`: never asked again. */
  readonly state: 'asking' | 'working' | 'failing' | 'dropped';
  /** Failures since its last answer. */
  readonly failures: number;
  /** The error of the last announce, unless the tracker answered. */
  readonly error?: { readonly code: string; readonly message: string };
  readonly lastAnswer?: number;
  /** The latest moment of the next announce, if it is known already. */
  readonly nextAnnounce?: number;
  /** Counts of its last answer. */
  readonly peers?: number;
  readonly seeds?: number;
  readonly leechers?: number;
}

/** We listen: peers can connect to us. */
export interface PortOpen {
  readonly type: 'port-open';
  /** The TCP port. */
  readonly port: number;
}

/** Something the user should see, and that does not end the download. */
export interface Warning {
  readonly type: 'warning';
  /** The code of the underlying error, for example `failure-reason` or `full`. */
  readonly code: string;
  readonly message: string;
  /** The tracker or web server that the warning is about. */
  readonly url?: string;
}

/** One piece of the data on disk has been checked. */
export interface Rechecked {
  readonly type: 'rechecked';
  readonly index: number;
  readonly valid: boolean;
  /** Pieces checked so far, and to check in all. */
  readonly checked: number;
  readonly total: number;
}

/** All data on disk has been checked. */
export interface Checked {
  readonly type: 'checked';
  /** Is every wanted byte right, and no file too long? */
  readonly complete: boolean;
  /** Wanted pieces, and how many of them are right. */
  readonly pieceCount: number;
  readonly valid: number;
  /** Each wanted file, with its absolute path. */
  readonly files: readonly (CheckedFile & { readonly path: string })[];
}

export interface Progress {
  readonly type: 'progress';
  /**
   * `metadata` while the info dictionary of a magnet link is fetched, `checking` the data on disk, `downloading`,
   * `paused` for want of disk space, `seeding` the complete torrent, `done`.
   */
  readonly phase: 'metadata' | 'checking' | 'downloading' | 'paused' | 'seeding' | 'done';
  /** Bytes that are wanted (padding included if all files are), and how many of them are verified and stored. */
  readonly stored: number;
  readonly length: number;
  /** Pieces that are wanted, and how many of them are verified and stored. */
  readonly pieces: number;
  readonly pieceCount: number;
  /** Payload bytes received from peers in this run, good or bad. */
  readonly downloaded: number;
  readonly uploaded: number;
  /** Download rate in bytes a second, over the last seconds. */
  readonly rate: number;
  /** Upload rate, likewise. */
  readonly upRate: number;
  /** Bytes uploaded in all runs, as a multiple of `length`. */
  readonly ratio: number;
  /** Estimated seconds to go at this rate; undefined while nothing arrives. */
  readonly eta?: number;
  readonly peers: {
    readonly known: number;
    readonly connecting: number;
    readonly connected: number;
    /** Peers that have unchoked us. */
    readonly unchoked: number;
    readonly banned: number;
    /** How many are connected in another way than plainly over TCP, if any are. */
    readonly roads?: Readonly<Partial<Record<Road, number>>>;
  };
  /** Bytes thrown away: duplicates, corrupt pieces, blocks that were not requested. */
  readonly wasted: number;
  /** Why the download stalls, in words for the user, once it has for a while. */
  readonly reason?: string;
  /** Our own rate limit holds requests back. */
  readonly held?: boolean;
}

/** How many of the peers that each source named got how far, and why others failed. Emitted when it has changed. */
export interface FunnelSample {
  readonly type: 'funnel';
  readonly sources: readonly FunnelRow<PeerSource>[];
}

/** The info dictionary of a magnet link is known. */
export interface MetadataKnown {
  readonly type: 'metadata';
  readonly name: string;
  /** 40 hexadecimal digits. */
  readonly infoHash: string;
  /** 64 hexadecimal digits, if there is a version 2 of it (BEP 52). */
  readonly infoHashV2?: string;
  /** Bytes, padding included. */
  readonly length: number;
  readonly pieceLength: number;
  readonly pieceCount: number;
  /** The number of files, without padding. */
  readonly files: number;
  /** The whole torrent. Not enumerable: JSON and copies of the event leave it out. */
  readonly torrent: Torrent;
}

/**
 * All that is wanted is verified and on disk. The last event, unless the download goes on to seed: then it is emitted
 * again when other files were selected meanwhile and all of them are there.
 */
export interface Done {
  readonly type: 'done';
  /** Bytes of the wanted files. */
  readonly length: number;
  /** The file, or the folder that the files are in. */
  readonly path: string;
  /** The files that are wanted. */
  readonly paths: readonly string[];
  /** Payload bytes of this run up to this moment, as `Progress` counts them. */
  readonly downloaded: number;
  readonly uploaded: number;
  readonly wasted: number;
}

/** One piece of a torrent in the making has been hashed. */
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

/** The torrent is made; no file is written. */
export interface Created extends Omit<MetadataKnown, 'type'> {
  readonly type: 'created';
  /** The .torrent. Not enumerable, nor is `torrent`: JSON and copies of the event leave both out. */
  readonly bytes: Uint8Array;
}

export type CreateEvent = Hashed | Created | Warning;

/** A seeding limit is reached: seeding ends. */
export interface Seeded {
  readonly type: 'seeded';
  /** The limit that was reached. */
  readonly reason: 'ratio' | 'time' | 'idle';
  /** Bytes uploaded in this run, and in all runs as a multiple of the length. */
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
