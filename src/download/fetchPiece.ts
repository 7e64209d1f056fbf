import { defer, filter, map, merge, type Observable, pipe, Subject, take, tap } from 'rxjs';
import { assemblePieces } from '../../operators/assemblePieces.ts';
import { banLiars } from '../../operators/banLiars.ts';
import { converse } from '../../operators/converse.ts';
import { disconnect, type Expulsion } from '../../operators/disconnect.ts';
import { distinctPeers } from '../../operators/distinctPeers.ts';
import { exchangePeers } from '../../operators/exchangePeers.ts';
import { extensionHandshake } from '../../operators/extensionHandshake.ts';
import { handshake } from '../../operators/handshake.ts';
import { keepAlive } from '../../operators/keepAlive.ts';
import { requestBlocks } from '../../operators/requestBlocks.ts';
import { swarm } from '../../operators/swarm.ts';
import { verifyPieces } from '../../operators/verifyPieces.ts';
import { whenUnchoked } from '../../operators/whenUnchoked.ts';
import type { Env } from '../contracts/env.ts';
import type { DownloadEvent } from '../contracts/events.ts';
import type { PeerAddress, PeerSource } from '../contracts/network.ts';
import { UT_PEX } from '../protocol/peer/utPex.ts';
import { type SourceOptions, sources } from '../discovery/peerSources.ts';
import { AddressBook, MAX_KNOWN } from '../torrent/peers/addressBook.ts';
import type { Funnel } from '../torrent/stats/funnel.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';
import { downloadState } from './downloadState.ts';

export interface FetchPieceOptions extends SourceOptions {
  /** Peers tell of others. */
  readonly pex: boolean;
  readonly port: number;
  readonly maxPeers: number;
  /** Hears what the sources have to say. */
  readonly report: (event: DownloadEvent) => void;
  /** Counts how far the peers get. */
  readonly funnel: Funnel<PeerSource>;
}

/** A piece that nobody lends. */
export interface WholePiece {
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Each once. */
  readonly from: readonly PeerAddress[];
}

/**
 * One verified piece, from whoever has it: the pipe of a download whose picker wants nothing else, and whose end is in
 * memory. Emits it and hangs up on everyone. Completes without it when there is nobody left to ask.
 */
export const fetchPiece = (
  torrent: Torrent,
  env: Env,
  index: number,
  { maxPeers, report, funnel, pex, ...options }: FetchPieceOptions,
): Observable<WholePiece> =>
  defer(() => {
    const { geometry, picker, drafts, identity, wake$ } = downloadState(torrent, env);
    for (let other = 0; other < geometry.pieceCount; other++) if (other !== index) picker.exclude(other);
    const wanted$ = new Subject<number>();
    const told$ = new Subject<PeerAddress>();
    const left$ = new Subject<void>();
    const expelled$ = new Subject<Expulsion>();
    const book = new AddressBook<PeerAddress>(MAX_KNOWN, { port: options.port });

    const session = (address: PeerAddress) =>
      env.connect(address).pipe(
        tap(() => funnel.reached(address, 'connected')),
        handshake(identity),
        extensionHandshake({ names: torrent.private || !pex ? [] : [UT_PEX] }),
        tap(() => funnel.reached(address, 'handshaken')),
        converse(
          pipe(whenUnchoked(picker), requestBlocks(picker, { wake$ })),
          exchangePeers(told$, { connected: () => [] }),
          disconnect(expelled$),
          keepAlive(),
        ),
      );

    return sources(env, torrent, {
      ...options,
      peerId: identity.peerId,
      totals: () => ({ uploaded: 0, downloaded: 0, left: torrent.length }),
      wanted$,
      report,
      seenAs: (host) => book.seenAs(host),
      told$,
      // Who is banned may have left before.
      left$: merge(left$, expelled$),
      alone: () => book.alone,
    }).pipe(
      tap((address) => funnel.named(address)),
      distinctPeers(),
      swarm(session, { book, maxPeers, wanted: wanted$, funnel, ended: () => left$.next() }),
      assemblePieces(drafts),
      verifyPieces(env.verify(torrent)),
      banLiars({ book, expelled: expelled$ }),
      map((piece) => {
        if (!piece.valid) picker.settle({ type: 'corrupt', index });
        const kept = {
          valid: piece.valid,
          index,
          bytes: Uint8Array.from(piece.bytes),
          from: [...new Set(piece.from.map(({ address }) => address))],
        };
        piece.release();
        return kept;
      }),
      filter(({ valid }) => valid),
      take(1),
    );
  });
