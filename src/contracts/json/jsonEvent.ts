import type {
  JsonAnnounced,
  JsonChoke,
  JsonCorrupt,
  JsonDone,
  JsonFunnel,
  JsonMetadata,
  JsonPeerJoined,
  JsonPeerLeft,
  JsonPortOpen,
  JsonProgress,
  JsonRechecked,
  JsonRestored,
  JsonSeeded,
  JsonStored,
  JsonTracker,
  JsonUnchoke,
} from './jsonDownload.ts';
import type {
  JsonCompletion,
  JsonCreated,
  JsonCompared,
  JsonDecoded,
  JsonDemo,
  JsonHandshake,
  JsonHashed,
  JsonHelp,
  JsonInfo,
  JsonMagnet,
  JsonPeer,
  JsonPiece,
  JsonScraped,
  JsonVerified,
  JsonVersion,
} from './jsonResult.ts';
import type { Bytes, Count, OfAny, Seconds } from './jsonUnits.ts';

/**
 * A torrent is begun with: the first object of each torrent, and of each run. Without `torrent`: a run in which none is
 * known.
 */
export interface JsonStart extends OfAny {
  readonly type: 'start';
  /** Empty when none was recognised. */
  readonly command: string;
  /** Of rxtorrent. */
  readonly version: string;
  /** What the command line says the torrent is: a path, a URL, a magnet link, an info-hash. */
  readonly sources?: readonly string[];
  readonly name?: string;
  readonly length?: Bytes;
  /** How many there are. */
  readonly files?: Count;
  /** The file or folder that is written or read, if it is known already. */
  readonly target?: string;
}

/** A torrent is over: the last object of each torrent, and of each run, however it ends. */
export interface JsonEnd extends OfAny {
  readonly type: 'end';
  /**
   * `complete`: what was asked for is done; `seeded`: and enough given; `interrupted` by Ctrl-C, SIGTERM, SIGHUP or a
   * closed pipe; `gave-up`: no peers, no progress in time, or not all is right; `error`: see the object before.
   */
  readonly reason: 'complete' | 'seeded' | 'interrupted' | 'gave-up' | 'error';
  /** That of this torrent; that of the process is the one of the first torrent that fails. */
  readonly exitCode: Count;
  /** Since the command began to look for its sources: the time until the first `start` is that of each torrent. */
  readonly seconds: Seconds;
  /** This and what follows: of `download`, `dht`, `seed` and `demo`. What is wanted, if that is known. */
  readonly length?: Bytes;
  /** Verified and stored, of `length`. */
  readonly stored?: Bytes;
  /** Came from peers in this run, good or bad. */
  readonly downloaded?: Bytes;
  /** Went to peers in this run. */
  readonly uploaded?: Bytes;
  /** Thrown away: duplicates, corrupt pieces, what was not asked for. */
  readonly wasted?: Bytes;
  /** Given in all runs, as a multiple of the length. */
  readonly ratio?: number;
  /** The file or folder that it is, or goes to, if that is known. */
  readonly path?: string;
  /** If all that is wanted is there, its files, as `done` has them. */
  readonly paths?: readonly string[];
  /** How many more of them there are. */
  readonly morePaths?: Count;
}

/** What has ended a torrent, or the whole command. People read the same on stderr. */
export interface JsonError extends OfAny {
  readonly type: 'error';
  /** `InputError` (exit code 2), `StorageError` (3), `GaveUp` (4); any other is a defect of ours (70). */
  readonly name: string;
  /** For programs: `bad-option`, `denied`, `timeout` and others; `defect`. */
  readonly code: string;
  /** One line for people. */
  readonly message: string;
}

/** Something the user should know, and that ends nothing. */
export interface JsonWarning extends OfAny {
  readonly type: 'warning';
  /** For programs: `failure-reason`, `full` and others. */
  readonly code: string;
  /** One line for people. */
  readonly message: string;
  /** The tracker or the web server that it is about. */
  readonly url?: string;
}

/**
 * What `--json` writes on stdout: one of these a line, and nothing else. Sizes are bytes, durations seconds, moments
 * ISO 8601 in UTC. What is not known is absent. A key that strangers choose may be any text.
 *
 * ```ts
 * const event = JSON.parse(line) as JsonEvent;
 * if (event.type === 'end' && event.reason === 'complete') console.log(event.torrent, event.paths);
 * ```
 */
export type JsonEvent =
  | JsonStart
  | JsonMetadata
  | JsonRechecked
  | JsonRestored
  | JsonProgress
  | JsonFunnel
  | JsonStored
  | JsonCorrupt
  | JsonPeerJoined
  | JsonPeerLeft
  | JsonChoke
  | JsonUnchoke
  | JsonAnnounced
  | JsonTracker
  | JsonPortOpen
  | JsonDone
  | JsonSeeded
  | JsonWarning
  | JsonError
  | JsonEnd
  | JsonInfo
  | JsonMagnet
  | JsonPeer
  | JsonScraped
  | JsonHandshake
  | JsonPiece
  | JsonVerified
  | JsonHashed
  | JsonCreated
  | JsonDemo
  | JsonCompared
  | JsonDecoded
  | JsonCompletion
  | JsonHelp
  | JsonVersion;
