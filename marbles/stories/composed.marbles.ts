import { type Observable, switchMap, takeWhile, tap } from 'rxjs';
import { describe, it } from 'vitest';
import { assemblePieces, banLiars, swarm, verifyPieces, writePieces } from '../../operators/index.ts';
import {
  type Block,
  type Blocks,
  type DownloadEvent,
  type DownloadOptions,
  type Env,
  inSwarm,
  knownTorrent,
  lifecycle,
  onDisk,
  partsOf,
  type PieceOutcome,
  type Source,
} from '../../src/index.ts';
import { corrupts, drawn, honest } from '../index.ts';

/** Gives up, instead of being fetched for ever, when so many pieces were corrupt. */
const frugalDownload = (
  source: Source,
  env: Env,
  options: DownloadOptions,
  most: number,
): Observable<DownloadEvent> => {
  const blocks: Blocks = (peers$, { distinct, session, places }) => peers$.pipe(distinct, swarm(session, places));
  let corrupt = 0;
  return inSwarm(source, env, options, (there, given, running) =>
    knownTorrent(source, env, there, { ...given, blocks }, (torrent, blocksOf) =>
      onDisk(torrent, env, given, (chosen) => {
        const parts = partsOf(torrent, env, given, there, chosen);
        running.opened(parts);
        const pieces = (blocks$: Observable<Block>): Observable<PieceOutcome> =>
          blocks$.pipe(
            assemblePieces(parts.drafts),
            verifyPieces(parts.verify),
            banLiars(parts.banning),
            tap(({ valid }) => (corrupt += valid ? 0 : 1)),
            writePieces(parts.writable, parts.picker),
            tap(parts.settle),
            takeWhile(() => corrupt < most && !parts.picker.complete, true),
          );
        return lifecycle(parts, env, { ...given, ...chosen }, blocksOf(parts.context), pieces);
      }),
    ),
  ).pipe(switchMap(({ events$ }) => events$));
};

const shown = ({ type }: DownloadEvent): boolean => !['progress', 'tracker', 'funnel', 'announced'].includes(type);
const letter = (event: DownloadEvent): string => event.type.slice(0, 1);

describe('a download composed of the parts of ours', () => {
  it(
    'is as ours',
    drawn(
      (stage) => {
        const there = stage.world({ peers: { '10.1.0.1:7000': honest({ pace: 10 }) } });
        const all$ = frugalDownload(stage.torrent, there.env, { target: { folder: '.' } }, 1);
        stage
          .gives(all$.pipe(switchMap((event) => (shown(event) ? [letter(event)] : []))))
          .toBe('--------------p 21ms s---------s---------s---(d|)');
      },
      { torrent: { pieces: 3, blocksPerPiece: 1 } },
    ),
  );

  it(
    'may end when ours would not, and leaves a note as ours does',
    drawn(
      (stage) => {
        const there = stage.world({ peers: { '10.1.0.1:7000': corrupts([1], honest({ pace: 10 })) } });
        const all$ = frugalDownload(stage.torrent, there.env, { target: { folder: '.' } }, 1);
        stage
          .gives(all$.pipe(switchMap((event) => (shown(event) ? [letter(event)] : []))))
          .toBe('--------------p--------------------(pc|)');
      },
      { torrent: { pieces: 3, blocksPerPiece: 1 } },
    ),
  );
});
