import {
  concat,
  connect,
  defer,
  filter,
  finalize,
  ignoreElements,
  last,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  type OperatorFunction,
  pipe,
  ReplaySubject,
  Subject,
  switchMap,
  take,
  takeUntil,
  tap,
} from 'rxjs';
import { countPieces } from '../../../operators/countPieces.ts';
import { extensionHandshake } from '../../../operators/extensionHandshake.ts';
import { metadataIntroduction, metadataSession } from './metadataSession.ts';
import type { ListenPort } from '../listenPort.ts';
import type { Env } from '../../contracts/env.ts';
import type { DownloadEvent } from '../../contracts/events.ts';
import type { Block, Peer } from '../../contracts/peer.ts';
import { torrentOf } from './fetchTorrent.ts';
import { exactSource } from './exactSource.ts';
import type { TorrentSwarm } from '../torrentSwarm.ts';
import { type SessionContext, conversation, introduction } from '../conversation.ts';
import { peerSession } from '../peerSession.ts';
import type { MagnetLink } from '../../torrent/metainfo/magnet.ts';
import { MetadataDraft } from '../../torrent/metadata/metadataDraft.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';

/** Holds the sessions of a download; gives the blocks that peers send. */
export type Talk = (company: SessionContext) => Observable<Block>;

/**
 * Asks the peers of a magnet link what it stands for, and goes on with the same peers on the same connections.
 *
 * ```
 * peers   --j-j-----j--
 * gives   -------m---s-…   what it stands for, and what `goOn` tells
 * ```
 *
 * Those who are met stay, and what they say they have is kept, until `goOn` knows what to talk about. Completes without
 * anything when stopped before, or when there is nobody left to ask.
 *
 * @throws InputError `bad-metainfo` or `unsupported`, and what `goOn` throws.
 */
export const resolveMagnet = (
  magnet: MagnetLink,
  env: Env,
  { pex = true, listens, port }: { readonly pex?: boolean } & ListenPort,
  stop$: Observable<unknown>,
  there: TorrentSwarm,
  goOn: (torrent: Torrent, talk: Talk) => Observable<DownloadEvent>,
): Observable<DownloadEvent> =>
  defer(() => {
    const draft = new MetadataDraft(magnet.infoHash);
    const known$ = new ReplaySubject<Torrent>(1);
    const secluded$ = known$.pipe(filter((torrent) => torrent.private));
    const talk$ = new ReplaySubject<OperatorFunction<Peer, Block>>(1);
    const over$ = new Subject<void>();
    let known = false;
    const learn = (metadata: Uint8Array): void => {
      if (known) return;
      known = true;
      known$.next(torrentOf(magnet, metadata));
    };
    const { peerId } = there;
    const dht$ = there.dht$?.pipe(takeUntil(secluded$));
    const context = { swarm: there, draft, pex, dht$, port: listens ? port : undefined };
    const wait: OperatorFunction<Uint8Array, OperatorFunction<Peer, Block>> = pipe(
      tap(learn),
      switchMap(() => talk$),
      take(1),
    );
    const exact$ = exactSource(magnet, env, there.report).pipe(
      tap((metadata) => {
        draft.adopt(metadata);
        learn(metadata);
      }),
      ignoreElements(),
      takeUntil(known$),
    );
    const dial = peerSession(env, there, {
      identity: { infoHash: magnet.infoHash, peerId, dht: dht$ !== undefined },
      introduction: () => metadataIntroduction(context),
    });
    const blocks$ = there.swarm(
      (address) =>
        dial(address).pipe(
          switchMap((peer) =>
            of(peer).pipe(
              metadataSession(context, wait),
              switchMap((talk) => of(peer).pipe(talk)),
            ),
          ),
        ),
      { secluded$, held$: exact$ },
    );
    const begin =
      (shared$: Observable<Block>): Talk =>
      (company) =>
        defer(() => {
          // The ids that they have been told stay what they are, whatever is spoken.
          talk$.next(
            pipe(
              countPieces(company.transfer.geometry.pieceCount),
              extensionHandshake(introduction({ ...company, secluded: !pex })),
              conversation(company),
            ),
          );
          // Whoever needs no more blocks needs no more peers.
          return shared$.pipe(finalize(() => over$.next()));
        });
    return blocks$.pipe(
      // eslint-disable-next-line rxjs-x/no-unsafe-takeuntil -- the swarm ends before what is told of it does
      takeUntil(over$),
      connect((shared$) =>
        known$.pipe(
          take(1),
          // eslint-disable-next-line rxjs-x/no-unsafe-takeuntil -- only the waiting ends
          takeUntil(merge(stop$, shared$.pipe(last(null, undefined)))),
          mergeMap((torrent) =>
            concat(
              of(torrent).pipe(map((found): DownloadEvent => ({ type: 'metadata', torrent: found }))),
              goOn(torrent, begin(shared$)),
            ),
          ),
        ),
      ),
    );
  });
