import type { Observable, OperatorFunction } from 'rxjs';
import type { ExtensionChannel } from '../../operators/extension.ts';
import type { Changing } from './changing.ts';
import type { ListenPortOptions } from './listenPort.ts';
import type { Peer } from '../contracts/peer.ts';
import type { Target } from '../contracts/storage.ts';
import type { Limits } from './rateLimits.ts';
import type { SeedOptions } from './seedGoal.ts';
import type { OwnSources } from './ownSources.ts';
import type { SourceOptions } from '../discovery/peerSources.ts';
import type { ChokeStrategy } from '../torrent/upload/chokeStrategy.ts';
import type { ConnectionBudget } from '../torrent/peers/connectionBudget.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import type { Endgame } from '../torrent/picker/pickerOptions.ts';
import type { WindowRule } from '../torrent/requests/windowRule.ts';
import type { PieceOrder } from '../torrent/picker/pieceOrder.ts';
import type { Span } from '../torrent/metainfo/selection.ts';
import type { Turns } from './turns.ts';

/** An extension of the peer protocol. */
export interface OwnExtension {
  /** As it is named in extension handshakes; `xx_` and two letters of yours in front of it is the custom. */
  readonly name: string;
  /** As of the operator `extension`: what it emits is ignored. */
  readonly talk: (channel: ExtensionChannel) => Observable<unknown>;
}

/** Spans of numbers of files, in order; all files if undefined. */
export type Selection = readonly Span[] | undefined;

export interface DownloadOptions extends SourceOptions, OwnSources, ListenPortOptions {
  /** Where to put it. */
  readonly target: Target;
  /** The same, for whoever must know the torrent of a magnet link first; then `target` does not count. */
  readonly placed?: ((torrent: Torrent) => Observable<Target>) | undefined;
  /** 20 bytes; made up if not given. */
  readonly peerId?: Uint8Array;
  /** What is asked for first; rarest first after a few at random. A stream of orders changes it. */
  readonly order?: Changing<PieceOrder>;
  /** Whether several peers are asked for the last blocks. `on`. */
  readonly endgame?: Changing<Endgame>;
  /** How many requests are in flight with a peer; as many as its rate asks for if not given, or undefined. */
  readonly window?: Changing<WindowRule | undefined>;
  /**
   * Whom we serve, and nobody else; those who give us most and some by chance, and while seeding everybody in turn, if
   * not given.
   */
  readonly choker?: Changing<ChokeStrategy>;
  /** How many are served at one time; as many as the line bears if not given, or undefined. */
  readonly slots?: Changing<number | undefined>;
  /** While its last value is true, nothing is asked for and nobody is served; connections stay. */
  readonly pause$?: Observable<boolean>;
  /** Conversations of your own, held with each peer beside ours. */
  readonly converse?: readonly OperatorFunction<Peer, never>[];
  /** Extensions of your own (BEP 10): each is named in our handshake, and talked in with each peer that speaks it. */
  readonly extensions?: readonly OwnExtension[];
  /**
   * Goes on when it is complete, and gives to others until it has given enough; `{}` is for ever. Without it the
   * download ends.
   */
  readonly seed?: SeedOptions;
  /** Peers at one time. 200. */
  readonly maxPeers?: number;
  /** Bytes of pieces begun and not yet stored. 64 MiB; two pieces are always allowed. */
  readonly memory?: number;
  /** Bytes a second, each way, as they change; none if not given. */
  readonly limits?: Limits;
  /** Connections and dials that are shared with other downloads. */
  readonly budget?: ConnectionBudget;
  /** Turns of checking what is on disk, shared with other downloads. */
  readonly checks?: Turns;
  /** Peers tell each other of others (BEP 11). Yes; never for private torrents. */
  readonly pex?: boolean | undefined;
  /**
   * Files that are wanted, by their numbers from 0 (BEP 53), or what chooses them once the torrent is known; the link's
   * own, or all, if not given.
   */
  readonly select?: Selection | ((torrent: Torrent) => Observable<Selection>) | undefined;
  /** Checks all that is on disk, whatever is remembered of it. */
  readonly recheck?: boolean;
  /**
   * When it emits, nothing more is asked for; what has come is still stored, if need be when a full disk has room
   * again, and the download completes.
   */
  readonly stop$?: Observable<unknown>;
}
