import type { Observable } from 'rxjs';
import type { ExtensionChannel } from '../../operators/extension.ts';
import type { Changing } from './streams/changing.ts';
import type { ListenPortOptions } from './swarm/listenPort.ts';
import type { Target } from '../contracts/storage.ts';
import type { Limits } from './limits/rateLimits.ts';
import type { SeedOptions } from './limits/seedGoal.ts';
import type { SourceOptions } from '../discovery/peerSources.ts';
import type { ConnectionBudget } from '../torrent/peers/connectionBudget.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import type { Span } from '../torrent/metainfo/selection.ts';
import type { Strategy } from './strategy.ts';
import type { Priorities } from './state/prioritising.ts';
import type { Turns } from './streams/turns.ts';

/** An extension of the peer protocol. */
export interface OwnExtension {
  /**
   * The name in extension handshakes; a name of your own begins with `xx_`, where xx stands for two letters of yours.
   */
  readonly name: string;
  /** As for the operator `extension`: what it emits is ignored. */
  readonly talk: (channel: ExtensionChannel) => Observable<unknown>;
}

/** Spans of file numbers, in order; all files if undefined. */
export type Selection = readonly Span[] | undefined;

export interface DownloadOptions extends SourceOptions, Strategy, ListenPortOptions {
  /** Where the files are stored. */
  readonly target: Target;
  /** The same, for a place that depends on the torrent of a magnet link; it replaces `target`. */
  readonly placed?: ((torrent: Torrent) => Observable<Target>) | undefined;
  /**
   * All that may be done otherwise, as one value: what it says replaces the options of the same names. Each value of a
   * stream replaces the one before it while the download runs: what is under way goes on, so that no block is lost
   * or asked for twice. What a value leaves out is as the other options say. Sources that it leaves out are not asked
   * any more, and a download without peers does not wait for what a later value may name.
   */
  readonly strategy?: Changing<Strategy>;
  /** Our peer id, 20 bytes; random if absent. */
  readonly peerId?: Uint8Array;
  /** While its last value is true, nothing is requested and no peer is served; connections stay open. */
  readonly pause$?: Observable<boolean>;
  /** Extensions of your own (BEP 10): each is named in our handshake, and spoken with each peer that supports it. */
  readonly extensions?: readonly OwnExtension[];
  /**
   * Seed when the download is complete, until one of these limits is reached; `{}` has no limit. Without it the
   * download ends.
   */
  readonly seed?: SeedOptions;
  /** Bytes of pieces begun and not yet stored. Default 64 MiB; two pieces are always allowed. */
  readonly memory?: number;
  /** Rate limits in bytes a second, each way, as they change; unlimited if absent. */
  readonly limits?: Limits;
  /** Connections and dials that are shared with other downloads. */
  readonly budget?: ConnectionBudget;
  /** Turns of checking data on disk, shared with other downloads. */
  readonly checks?: Turns;
  /** Web servers that have the content, beside those that the torrent names (BEP 19); `false`: none at all. */
  readonly webSeeds?: readonly string[] | false | undefined;
  /** Peer exchange (BEP 11). On by default; never for private torrents. */
  readonly pex?: boolean | undefined;
  /**
   * Files that are wanted, by their numbers from 0 (BEP 53), or a function that chooses them once the torrent is known.
   * Replaces the selection of the link, or all files. Of a stream the first value is waited for; each later one counts
   * from then on: files that are wanted now are fetched, those no longer wanted are not requested any more, and what is
   * on disk of them stays there. It ends when all that is wanted is stored. If it seeds, it goes on, and emits `done`
   * again when files that were selected meanwhile are stored, too. Errors with a `StorageError` `occupied` for a file
   * that is wanted now and may belong to another program, as at the beginning.
   */
  readonly select?: Changing<Selection> | ((torrent: Torrent) => Observable<Selection>) | undefined;
  /**
   * Which files come sooner than others: a list, a function that makes one once the torrent is known, or a stream of
   * lists, each of which replaces the one before it from the next request on. Works with orders that read the priority,
   * as the default one does; of a piece that lies in several files the highest priority of wanted files counts.
   */
  readonly priorities?: Priorities;
  /** Checks all data on disk, whatever the notes of earlier runs say. */
  readonly recheck?: boolean;
  /**
   * When it emits, no further block is requested. What has arrived is still stored, if necessary once a full disk has
   * room again, and the download completes.
   */
  readonly stop$?: Observable<unknown>;
}
