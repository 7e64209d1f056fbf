import { type Observable, switchMap, takeWhile, tap } from 'rxjs';
import { assemblePieces, banLiars, swarm, verifyPieces, writePieces } from '../../operators/index.ts';
import type { Env } from '../contracts/env.ts';
import type { DownloadEvent } from '../contracts/events.ts';
import type { Block } from '../contracts/peer.ts';
import { inSwarm, knownTorrent, lifecycle, onDisk, partsOf, until } from './composition.ts';
import type { Blocks, Download, Parts } from './composition.ts';
import type { DownloadOptions } from './options.ts';
import type { Source } from './source.ts';

/**
 * From announce to byte on disk: all pieces of `source`, verified, in the files of `target`.
 *
 * ```
 * gives   r-r-p-s-s-p-c-s-p-…-s-d|   rechecked, progress, stored, corrupt, done
 * ```
 *
 * Cold: may be subscribed to twice. Completes after `done`; without it when stopped, or when no peers and no sources
 * are left. Unsubscribing hangs up on every peer, tells the trackers, and notes what is stored.
 * @throws InputError `bad-option`, StorageError, InvariantError. A peer or a tracker never ends it.
 */
// README: begin
export const download = (source: Source, env: Env, options: DownloadOptions): Observable<DownloadEvent> =>
  openDownload(source, env, options).pipe(switchMap(({ events$ }) => events$));

/** The same, to be watched, read and changed while it runs: emits a `Download` once, and ends as it does. */
export const openDownload = (source: Source, env: Env, options: DownloadOptions): Observable<Download> =>
  inSwarm(source, env, options, (peers, given, running) =>
    // A magnet link asks its peers what it stands for, and goes on with them.
    knownTorrent(source, env, peers, { ...given, blocks }, (torrent, blocksOf) =>
      onDisk(torrent, env, given, (chosen) => {
        const parts = partsOf(torrent, env, given, peers, chosen);
        running.opened(parts);
        // What is there is checked, what is missing is fetched, what is complete is given to others.
        return lifecycle(parts, env, { ...given, ...chosen }, blocksOf(parts.context), pieces);
      }),
    ),
  );

/** From addresses to blocks: a session dials, shakes hands, and asks for what we lack. */
const blocks: Blocks = (addresses$, { distinct, session, places }) =>
  addresses$.pipe(
    distinct, // each address once
    swarm(session, places), // at most as many sessions as there are places
  );

/** From blocks to bytes on disk. */
const pieces = (blocks$: Observable<Block>, { over$, drafts, verify, banning, writable, picker, ...parts }: Parts) =>
  blocks$.pipe(
    parts.webSeeds, // a web server is a peer that has everything
    until(over$), // what has come by then is still stored
    assemblePieces(drafts),
    verifyPieces(verify),
    parts.wrongBlocks, // in version 2 peers tell which they are, and the others are kept
    banLiars(banning),
    writePieces(writable, picker, { report: parts.warned }),
    tap(parts.settle),
    takeWhile(() => parts.seeds || !picker.complete, true),
  );
// README: end
