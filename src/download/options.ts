import type { Observable, OperatorFunction } from 'rxjs';
import type { ExtensionChannel } from '../../operators/extension.ts';
import type { Changing } from './streams/changing.ts';
import type { ListenPortOptions } from './swarm/listenPort.ts';
import type { Peer } from '../contracts/peer.ts';
import type { Target } from '../contracts/storage.ts';
import type { Limits } from './limits/rateLimits.ts';
import type { SeedOptions } from './limits/seedGoal.ts';
import type { OwnSources } from './swarm/ownSources.ts';
import type { SourceOptions } from '../discovery/peerSources.ts';
import type { ChokeStrategy } from '../torrent/upload/chokeStrategy.ts';
import type { ConnectionBudget } from '../torrent/peers/connectionBudget.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import type { Endgame } from '../torrent/picker/pickerOptions.ts';
import type { WindowRule } from '../torrent/requests/windowRule.ts';
import type { PieceOrder } from '../torrent/picker/pieceOrder.ts';
import type { Span } from '../torrent/metainfo/selection.ts';
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

export interface DownloadOptions extends SourceOptions, OwnSources, ListenPortOptions {
  /** Where the files are stored. */
  readonly target: Target;
  /** The same, for a place that depends on the torrent of a magnet link; it replaces `target`. */
  readonly placed?: ((torrent: Torrent) => Observable<Target>) | undefined;
  /** Our peer id, 20 bytes; random if absent. */
  readonly peerId?: Uint8Array;
  /** Which piece is begun next; by default rarest first after a few at random. A stream of orders changes it. */
  readonly order?: Changing<PieceOrder>;
  /** Endgame mode: whether the last blocks are requested from several peers. Default `on`. */
  readonly endgame?: Changing<Endgame>;
  /** How many requests are in flight with a peer. If absent or undefined, as many as the peer's rate needs. */
  readonly window?: Changing<WindowRule | undefined>;
  /**
   * The peers that we serve, and no others. If absent, those that upload most to us and some by chance; while seeding,
   * all peers in turn.
   */
  readonly choker?: Changing<ChokeStrategy>;
  /** Upload slots. If absent or undefined, as many as the line can fill. */
  readonly slots?: Changing<number | undefined>;
  /** While its last value is true, nothing is requested and no peer is served; connections stay open. */
  readonly pause$?: Observable<boolean>;
  /** Conversations of your own, held with each peer beside ours. */
  readonly converse?: readonly OperatorFunction<Peer, never>[];
  /** Extensions of your own (BEP 10): each is named in our handshake, and spoken with each peer that supports it. */
  readonly extensions?: readonly OwnExtension[];
  /**
   * Seed when the download is complete, until one of these limits is reached; `{}` has no limit. Without it the
   * download ends.
   */
  readonly seed?: SeedOptions;
  /**
   * Peers at once. Default 200. A stream of numbers changes it: when it falls, the peers that joined last are
   * disconnected.
   */
  readonly maxPeers?: Changing<number>;
  /** Bytes of pieces begun and not yet stored. Default 64 MiB; two pieces are always allowed. */
  readonly memory?: number;
  /** Rate limits in bytes a second, each way, as they change; unlimited if absent. */
  readonly limits?: Limits;
  /** Connections and dials that are shared with other downloads. */
  readonly budget?: ConnectionBudget;
  /** Turns of checking data on disk, shared with other downloads. */
  readonly checks?: Turns;
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
  /** Checks all data on disk, whatever the notes of earlier runs say. */
  readonly recheck?: boolean;
  /**
   * When it emits, no further block is requested. What has arrived is still stored, if necessary once a full disk has
   * room again, and the download completes.
   */
  readonly stop$?: Observable<unknown>;
}
