import { defer, EMPTY, filter, map, type Observable, pipe, take, tap } from 'rxjs';
import { assemblePieces } from '../../operators/assemblePieces.ts';
import { banLiars } from '../../operators/banLiars.ts';
import { converse } from '../../operators/converse.ts';
import { disconnect } from '../../operators/disconnect.ts';
import { distinctPeers } from '../../operators/distinctPeers.ts';
import { exchangePeers } from '../../operators/exchangePeers.ts';
import { keepAlive } from '../../operators/keepAlive.ts';
import { requestBlocks } from '../../operators/requestBlocks.ts';
import { swarm } from '../../operators/swarm.ts';
import { verifyPieces } from '../../operators/verifyPieces.ts';
import { whenUnchoked } from '../../operators/whenUnchoked.ts';
import type { Env } from '../contracts/env.ts';
import type { DownloadEvent } from '../contracts/events.ts';
import type { PeerAddress, PeerSource } from '../contracts/network.ts';
import type { CheckedPiece } from '../contracts/peer.ts';
import { UT_PEX } from '../protocol/peer/utPex.ts';
import type { SourceOptions } from '../discovery/peerSources.ts';
import type { Funnel } from '../torrent/stats/funnel.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import { FileSelection } from '../torrent/picker/fileSelection.ts';
import { type DownloadState, downloadState } from './state/downloadState.ts';
import { peerSession } from './session/peerSession.ts';
import { type TorrentSwarm, torrentSwarm } from './swarm/torrentSwarm.ts';

/** Peers at once, if no option says how many. */
const MAX_PEERS = 50;

export interface FetchPieceOptions extends SourceOptions {
  /** Peer exchange (BEP 11). On by default; never for private torrents. */
  readonly pex?: boolean;
  /** The port that trackers are told. 0: peers can't connect to us. */
  readonly port?: number;
  /** Peers at once. Default 50. */
  readonly maxPeers?: number;
  /** Is called with each event. */
  readonly report?: (event: DownloadEvent) => void;
  /** Counts how far the peers get. */
  readonly funnel?: Funnel<PeerSource>;
}

/** A piece in memory of its own, which is not lent. */
export interface WholePiece {
  readonly index: number;
  readonly bytes: Uint8Array;
  /** The peers that sent its blocks, each once. */
  readonly from: readonly PeerAddress[];
}

/**
 * Fetches one verified piece from any peers that have it: the pipe of a download whose picker wants only this piece,
 * and whose storage is memory.
 *
 * ```
 * gives   -----(p|)
 * ```
 *
 * Emits the piece and hangs up on every peer. Completes without it when no peers and no sources are left.
 *
 * @example
 * fetchPiece(torrent, nodeEnv(), 0).subscribe(({ bytes, from }) => console.log(bytes.length, from));
 */
export const fetchPiece = (
  torrent: Torrent,
  env: Env,
  index: number,
  { maxPeers = MAX_PEERS, ...options }: FetchPieceOptions = {},
): Observable<WholePiece> =>
  defer(() => {
    const peers = torrentSwarm(torrent, env, { ...options, maxPeers });
    const transfer = downloadState(torrent, env, { peerId: peers.peerId });
    const { geometry, picker, drafts, identity } = transfer;
    for (let other = 0; other < geometry.pieceCount; other++) if (other !== index) picker.exclude(other);
    peers.stats.begin(picker, drafts, new FileSelection(torrent, geometry));
    const pex = options.pex !== false && !torrent.private;
    const dial = peerSession(env, peers, { identity, introduction: () => ({ names: pex ? [UT_PEX] : [] }) });
    const talk = conversation(peers, transfer, pex);
    return peers.addresses().pipe(
      distinctPeers(),
      swarm((address) => dial(address).pipe(talk), peers.places),
      assemblePieces(drafts),
      verifyPieces(env.verify(torrent)),
      banLiars({ book: peers.book, expelled: peers.loops.expelled }),
      tap(({ valid }) => valid || picker.settle({ type: 'corrupt', index })),
      map(kept),
      filter(({ valid }) => valid),
      take(1),
    );
  });

/** The session with one peer. We upload nothing: our only piece is complete only at the end. */
const conversation = ({ loops, duplicates }: TorrentSwarm, { picker, wake$ }: DownloadState, pex: boolean) =>
  converse(
    pipe(whenUnchoked(picker), requestBlocks(picker, { wake$ })),
    pex ? exchangePeers(loops.found, { connected: () => [] }) : () => EMPTY,
    disconnect(loops.expelled),
    duplicates.conversation,
    keepAlive(),
  );

const kept = (piece: CheckedPiece): WholePiece & Pick<CheckedPiece, 'valid'> => {
  const { valid, index } = piece;
  const bytes = Uint8Array.from(piece.bytes);
  piece.release();
  return { valid, index, bytes, from: [...new Set(piece.from.map(({ address }) => address))] };
};
