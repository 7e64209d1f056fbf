import type { OperatorFunction } from 'rxjs';
import type { Peer } from '../contracts/peer.ts';
import type { SourceOptions } from '../discovery/peerSources.ts';
import type { Endgame } from '../torrent/picker/pickerOptions.ts';
import type { PieceOrder } from '../torrent/picker/pieceOrder.ts';
import type { WindowRule } from '../torrent/requests/windowRule.ts';
import type { ChokeStrategy } from '../torrent/upload/chokeStrategy.ts';
import type { Changing } from './streams/changing.ts';
import type { OwnSources } from './swarm/ownSources.ts';

/**
 * What a download decides, and may be told to decide otherwise. What is absent is as usual. The module of `rxtorrent
 * download --strategy` exports it, and `rxtorrent compare` tries one against another.
 *
 * ```ts
 * import { type Strategy, firstBy, inOrder } from 'rxtorrent';
 *
 * const patient: Strategy = { order: firstBy(inOrder), endgame: 'off', window: 10 };
 * ```
 */
export interface Strategy extends OwnSources, Pick<SourceOptions, 'pace'> {
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
  /** Conversations of your own, held with each peer beside ours. */
  readonly converse?: readonly OperatorFunction<Peer, never>[];
  /**
   * Peers at once. Default 200. A stream of numbers changes it: when it falls, the peers that joined last are
   * disconnected.
   */
  readonly maxPeers?: Changing<number>;
}
