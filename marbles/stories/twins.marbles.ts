import { filter, map, shareReplay } from 'rxjs';
import { describe, it } from 'vitest';
import { inboundPort } from '../../src/discovery/inbound/inboundPort.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import { download } from '../../src/download/download.ts';
import { linkTo, tellsMetadata, torrentWithInfo } from './magnetScene.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import { calling, drawn, honest, type Player, type Stage, type World } from '../index.ts';
import { downloaded } from './scene.ts';

const listen = ({ env }: World) => ({
  reception$: inboundPort(env, { ports: [6881] }).pipe(shareReplay({ bufferSize: 1, refCount: true })),
});
const nobody = { trackers: [], peers: [{ host: '10.1.0.9', port: 9, source: 'manual' as const }] };
/** The same peer wherever it calls from. */
const one =
  (player: Player): Player =>
  (heard$, cast) =>
    player(heard$, { ...cast, id: new Uint8Array(20).fill(1) });
/** Nothing of it comes through any more from `from` milliseconds on. */
const until =
  ({ now }: Stage, from: number, player: Player): Player =>
  (heard$, cast) =>
    player(heard$, cast).pipe(filter(() => now() < from));

const letters: Readonly<Partial<Record<DownloadEvent['type'], string>>> = {
  'peer-joined': 'j',
  'peer-left': 'l',
  done: 'd',
};
const told = (stage: Stage, world: World, more: Partial<DownloadOptions> = {}) =>
  downloaded(stage, world, { ...nobody, ...listen(world), ...more }).pipe(
    map((event) => (event.type === 'peer-left' && event.reason === 'refused' ? undefined : letters[event.type])),
    filter((letter) => letter !== undefined),
  );

const [before, after] = ['10.1.0.2:50000', '10.2.0.2:50001'];
const seed = calling(honest({ latency: 10, pace: 100 }));

describe('a peer at two addresses', () => {
  it('keeps one connection before it is known what a magnet link stands for, too', () => {
    const torrent = torrentWithInfo();
    drawn(
      (stage) => {
        const silent = one(tellsMetadata(honest(), { instead: 'stalls' }));
        const there = stage.world({ peers: { '10.1.0.2:7000': silent, '10.1.0.3:7000': silent } });
        const link = linkTo(torrent, { announce: [] });
        const peers = ['10.1.0.2', '10.1.0.3'].map((host) => ({ host, port: 7000, source: 'manual' }) as const);
        stage.watch(download(link, there.env, { target: { folder: '.' }, peers }), '^ 1s !');
        stage.happens(there.dials).toBe('(ab)');
        stage.happens(there.hangups).toBe('------b 994ms a');
      },
      { torrent },
    )();
  });

  it('keeps the one that lives before it is known what a magnet link stands for, too', () => {
    const torrent = torrentWithInfo();
    drawn(
      (stage) => {
        const silent = calling(tellsMetadata(honest(), { instead: 'stalls' }));
        const there = stage.world({
          callers: {
            [before]: { at: 5, player: one(until(stage, 15_000, silent)) },
            [after]: { at: 20_000, player: one(silent) },
          },
        });
        const link = linkTo(torrent, { announce: [] });
        const asked = { ...nobody, ...listen(there), target: { folder: '.' } };
        stage.watch(download(link, there.env, asked), '^ 30s !');
        stage.happens(there.hangups).toBe('25s A 4999ms -B');
      },
      { torrent },
    )();
  });
});

describe('a seed that calls again from another address', () => {
  it(
    'because its line died takes the place of the dead connection five seconds later',
    drawn(
      (stage) => {
        const there = stage.world({
          callers: {
            [before]: { at: 5, player: one(until(stage, 15_000, seed)) },
            [after]: { at: 20_000, player: one(seed) },
          },
        });
        stage.gives(told(stage, there)).toBe('5ms j 19994ms j 4999ms l 132ms ---(d|)');
        stage.happens(there.hangups).toBe('25s A 131ms B');
      },
      { torrent: { pieces: 100 } },
    ),
  );

  it(
    'while its first connection lives stays with that one',
    drawn(
      (stage) => {
        const there = stage.world({
          callers: { [before]: { at: 5, player: one(seed) }, [after]: { at: 15_000, player: one(seed) } },
        });
        stage.gives(told(stage, there)).toBe('5ms j 14994ms j 34ms l 5002ms ---(d|)');
        stage.happens(there.hangups).toBe('15035ms B 5001ms A');
      },
      { torrent: { pieces: 100 } },
    ),
  );

  it(
    'while we have just dialled it: one of two connections that cross goes at once, the same one on both sides',
    drawn(
      (stage) => {
        const there = stage.world({
          peers: { '10.1.0.2:7000': one(honest({ latency: 10, pace: 100 })) },
          callers: { [after]: { at: 2_000, player: one(seed) } },
        });
        const peers = [{ host: '10.1.0.2', port: 7000, source: 'manual' as const }];
        stage.gives(told(stage, there, { peers })).toBe('14ms j 1985ms l 8036ms ---(d|)');
        stage.happens(there.hangups).toBe('2s A 8035ms a');
      },
      { torrent: { pieces: 50 } },
    ),
  );
});
