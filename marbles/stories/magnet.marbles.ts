import { delay, filter, from, map, mergeMap, of } from 'rxjs';
import { describe, it } from 'vitest';
import { download } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { MagnetLink } from '../../src/torrent/metainfo/magnet.ts';
import { announced, drawn, honest, type Player, type Said, type Stage, stallsAfter, type World } from '../index.ts';
import { linkTo, tellsMetadata, torrentWithInfo } from './magnetScene.ts';
import { overheard } from './scene.ts';

const torrent = torrentWithInfo();
const [a, b] = ['10.1.0.1:7000', '10.1.0.2:7000'] as const;
const lie = torrent.info.map((byte, at) => (at > 90 ? byte ^ 1 : byte));

const downloaded = (magnet: MagnetLink, { env }: World, options: Partial<DownloadOptions> = {}) =>
  download(magnet, env, { target: { folder: '.' }, ...options }).pipe(
    filter(({ type }) => !['progress', 'tracker', 'funnel'].includes(type)),
    // Its letter is in no alphabet yet.
    map((event) => (event.type === 'metadata' ? 'm' : event)),
  );
/** Says more as soon as it has said what it has. */
const adds =
  (what: readonly Said[], player: Player): Player =>
  (heard$, cast) =>
    player(heard$, cast).pipe(
      mergeMap((said) =>
        !(said instanceof Uint8Array) && said.type === 'bitfield' ? from([said, ...what]) : of(said),
      ),
    );
const peersOf = (stage: Stage, peers: Parameters<Stage['world']>[0]) => stage.world({ disk: { takes: 5 }, ...peers });

describe('from a magnet link to bytes on disk', () => {
  it(
    'everything is said on one connection with each peer, to each tracker once',
    drawn(
      (stage) => {
        const seed = overheard(stage, tellsMetadata(honest()));
        const there = peersOf(stage, { peers: { [a]: seed.player, [b]: tellsMetadata(honest()) } });
        stage
          .gives(downloaded(linkTo(torrent), there))
          .toBe('-----a-----(jj)------m------------------------------(ss)----------------(d|)');
        stage.sends(seed).toBe('                              ------h----E----(EE)----------------(EI)-(RRRR)-----E');
        stage.happens(there.dials).toBe('                             -----(ab)');
        stage
          .happens(there.hangups)
          .toBe('                           ----------------------------------------------------(ab)');
        stage
          .happens(there.announces)
          .toBe('                         s---------------------------------------------------c----x');
        stage
          .happens(there.disk.written)
          .toBe('                      ----------------------------------------------------(01)');
      },
      { torrent },
    ),
  );

  it(
    'the pieces that a peer has named before their number was known are kept',
    drawn(
      (stage) => {
        const early: Said[] = [{ type: 'have', piece: 1 }, { type: 'unchoke' }];
        const half = tellsMetadata(adds(early, honest({ has: [] })));
        const other = tellsMetadata(honest({ has: [0] }));
        const there = peersOf(stage, { peers: { [a]: half, [b]: other } });
        stage
          .gives(downloaded(linkTo(torrent), there))
          .toBe('-----a-----(jj)------m 25ms s----s-------------------(d|)');
      },
      { torrent },
    ),
  );

  it(
    'a peer that has named impossible pieces is hung up on when that is known; the other goes on',
    drawn(
      (stage) => {
        const there = peersOf(stage, {
          peers: { [a]: tellsMetadata(adds([{ type: 'have', piece: 9 }], honest())), [b]: tellsMetadata(honest()) },
        });
        stage
          .gives(downloaded(linkTo(torrent), there))
          .toBe('-----a-----(jj)------m--------------l---------------(ss)----------------(d|)');
        stage.happens(there.hangups).toBe('                           36ms a---------------b');
      },
      { torrent },
    ),
  );

  it(
    'a liar and a peer that keeps us waiting for metadata cost a moment',
    drawn(
      (stage) => {
        const there = peersOf(stage, {
          peers: {
            [a]: tellsMetadata(honest(), { info: lie }),
            [b]: tellsMetadata(honest(), { instead: 'stalls' }),
            '10.1.0.3:7000': tellsMetadata(honest(), { after: 30 }),
          },
        });
        stage
          .gives(downloaded(linkTo(torrent), there))
          .toBe('-----a-----(jjj)-----l 79ms m 30ms (ss)----------------(d|)');
        stage.happens(there.hangups).toBe('                           21ms a 110ms (bc)');
      },
      { torrent },
    ),
  );

  it.each([
    ['that the link asks for', undefined, '0'],
    ['that are selected instead, if any are', [[1, 1] as const], '1'],
  ])('only the files are fetched %s (BEP 53)', (_, select, written) => {
    const two = torrentWithInfo({ files: ['film', 'song'] });
    drawn(
      (stage) => {
        const there = peersOf(stage, { peers: { [a]: tellsMetadata(honest()) } });
        stage.watch(downloaded(linkTo(two, { select: [[0, 0]] }), there, { select }));
        stage.happens(there.disk.written).toBe('52ms w', { w: written });
      },
      { torrent: two },
    )();
  });

  it(
    'a peer that sends no metadata may still send the content, on the same connection',
    drawn(
      (stage) => {
        const there = peersOf(stage, {
          peers: { [a]: tellsMetadata(stallsAfter(0)), [b]: tellsMetadata(honest(), { instead: 'rejects' }) },
        });
        stage.gives(downloaded(linkTo(torrent), there)).toBe('-----a-----(jj)------m 30ms (ss)----------------(d|)');
        stage.happens(there.dials).toBe('                             -----(ab)');
      },
      { torrent },
    ),
  );
});

describe('without what it stands for', () => {
  it(
    'it ends where there is no peer to ask, and when it is stopped',
    drawn(
      (stage) => {
        const silence = peersOf(stage, { tracker: () => of(announced([])).pipe(delay(5)) });
        stage.gives(downloaded(linkTo(torrent, { announce: [] }), peersOf(stage, {}))).toBe('|');
        stage.gives(downloaded(linkTo(torrent), silence, { stop$: stage.cold('------s') })).toBe('-----a|');
        stage.happens(silence.announces).toBe('s-----x');
      },
      { torrent },
    ),
  );

  it(
    'it emits its progress every quarter of a second',
    drawn(
      (stage) => {
        const there = peersOf(stage, { peers: { [a]: tellsMetadata(honest(), { instead: 'rejects' }) } });
        const phases$ = download(linkTo(torrent), there.env, { target: { folder: '.' } }).pipe(
          filter((event) => event.type === 'progress'),
          map(({ phase, length, peers }) => `${phase} ${length} ${peers.connected}`),
        );
        stage.gives(phases$, '^ 600ms !').toBe('250ms p 249ms p', { p: 'metadata 0 1' });
      },
      { torrent },
    ),
  );

  it(
    'unsubscribing hangs up, tells the trackers, and leaves nothing on disk',
    drawn(
      (stage) => {
        const there = peersOf(stage, { peers: { [a]: tellsMetadata(honest(), { instead: 'stalls' }) } });
        stage.gives(downloaded(linkTo(torrent), there), '^ 99ms !').toBe('-----a-----j');
        stage.happens(there.hangups).toBe('                      100ms a');
        stage.happens(there.announces).toBe('                    s 99ms x');
        stage.happens(there.disk.written).toBe('');
      },
      { torrent },
    ),
  );
});
