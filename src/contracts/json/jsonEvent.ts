import type {
  JsonAnnounced,
  JsonChoke,
  JsonCorrupt,
  JsonDone,
  JsonFiles,
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
  JsonPublication,
  JsonScraped,
  JsonStream,
  JsonVerified,
  JsonVersion,
} from './jsonResult.ts';
import type { Bytes, Count, OfAny, Port, Seconds } from './jsonUnits.ts';

/**
 * The command begins with a torrent: the first object of each torrent, and of each run. Without `torrent`: a run in
 * which no torrent is known.
 */
export interface JsonStart extends OfAny {
  readonly type: 'start';
  /** The name of the command; empty when none was recognised. */
  readonly command: string;
  /** The version of rxtorrent. */
  readonly version: string;
  /** What the command line says the torrent is: a path, a URL, a magnet link, an info-hash. */
  readonly sources?: readonly string[];
  readonly name?: string;
  readonly length?: Bytes;
  /** The number of files. */
  readonly files?: Count;
  /** The file or folder that is written or read, if it is known already. */
  readonly target?: string;
}

/** The end of a torrent: the last object of each torrent, and of each run, however it ends. */
export interface JsonEnd extends OfAny {
  readonly type: 'end';
  /**
   * `complete`: the command has done its work; `seeded`: a seeding limit was reached, too; `interrupted` by Ctrl-C,
   * SIGTERM, SIGHUP or a closed pipe; `gave-up`: no peers, no progress in time, or damaged data; `error`: see the
   * object before.
   */
  readonly reason: 'complete' | 'seeded' | 'interrupted' | 'gave-up' | 'error';
  /** The exit code of this torrent; the process exits with that of the first torrent that fails. */
  readonly exitCode: Count;
  /** Duration since the command began to read its sources; the time until the first `start` counts for each torrent. */
  readonly seconds: Seconds;
  /** This and the keys below: for `download`, `dht`, `seed` and `demo`. Wanted bytes, if known. */
  readonly length?: Bytes;
  /** Bytes that are verified and stored, of `length`. */
  readonly stored?: Bytes;
  /** Received from peers in this run, good or bad. */
  readonly downloaded?: Bytes;
  /** Uploaded to peers in this run. */
  readonly uploaded?: Bytes;
  /** Discarded: duplicates, corrupt pieces, blocks that were not requested. */
  readonly wasted?: Bytes;
  /** Share ratio: uploaded in all runs, as a multiple of the length. */
  readonly ratio?: number;
  /** The file or folder of the data, if it is known. */
  readonly path?: string;
  /** If all wanted files are stored, these files, as in `done`. */
  readonly paths?: readonly string[];
  /** The number of further files. */
  readonly morePaths?: Count;
}

/** The error that has ended a torrent, or the whole command. Without `--json` the user reads it on stderr. */
export interface JsonError extends OfAny {
  readonly type: 'error';
  /** `InputError` (exit code 2), `StorageError` (3), `GaveUp` (4); any other is a defect of ours (70). */
  readonly name: string;
  /** For programs: `bad-option`, `denied`, `timeout` and others; `defect`. */
  readonly code: string;
  /** One line for the user. */
  readonly message: string;
}

/** A warning: it ends nothing. */
export interface JsonWarning extends OfAny {
  readonly type: 'warning';
  /** For programs: `failure-reason`, `full` and others. */
  readonly code: string;
  /** One line for the user. */
  readonly message: string;
  /** The tracker or the web server that the warning is about. */
  readonly url?: string;
}

/** The router of this network passes our port on: peers outside can connect to us. Told again when that has changed. */
export interface JsonPortMapped extends OfAny {
  readonly type: 'port-mapped';
  /** The protocol that the router was asked by. */
  readonly by: 'PCP' | 'NAT-PMP' | 'UPnP';
  readonly port: Port;
  readonly transports: readonly ('tcp' | 'udp')[];
  /** The address of the router outside, unless that is private, too. */
  readonly host?: string;
}

/**
 * What `--json` writes on stdout: one of these a line, and nothing else. Sizes are in bytes, durations in seconds, and
 * times in ISO 8601, UTC. Unknown values are absent. Keys that peers or trackers choose may be any text.
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
  | JsonFiles
  | JsonStored
  | JsonCorrupt
  | JsonPeerJoined
  | JsonPeerLeft
  | JsonChoke
  | JsonUnchoke
  | JsonAnnounced
  | JsonTracker
  | JsonPortOpen
  | JsonPortMapped
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
  | JsonPublication
  | JsonStream
  | JsonDecoded
  | JsonCompletion
  | JsonHelp
  | JsonVersion;
