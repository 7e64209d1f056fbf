import { filter, map, shareReplay } from 'rxjs';
import { describe, it } from 'vitest';
import { reception } from '../../src/discovery/reception.ts';
import type { DownloadEvent } from '../../src/env.ts';
import { calling, drawn, honest, type Player, type Stage, type World } from '../index.ts';
import { downloaded } from './scene.ts';

const listen = ({ env }: World) => ({ reception$: reception(env, { ports: [6881] }).pipe(shareReplay({ bufferSize: 1, refCount: true })) });
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

const letters: Readonly<Partial<Record<DownloadEvent['type'], string>>> = { 'peer-joined': 'j', 'peer-left': 'l', done: 'd' };
const told = (stage: Stage, world: World) =>
  downloaded(stage, world, { ...nobody, ...listen(world) }).pipe(
    map((event) => (event.type === 'peer-left' && event.reason === 'refused' ? undefined : letters[event.type])),
    filter((letter) => letter !== undefined),
  );

const [before, after] = ['10.1.0.2:50000', '10.2.0.2:50001'];
const seed = calling(honest({ latency: 10, pace: 100 }));

describe('a seed that calls again from another address', () => {
  it(
    'because its line died takes the place of the dead connection five seconds later',
    drawn(
      (stage) => {
        const there = stage.world({
          callers: { [before]: { at: 5, player: one(until(stage, 15_000, seed)) }, [after]: { at: 20_000, player: one(seed) } },
        });
        stage.gives(told(stage, there)).toBe('5ms j 19994ms j 4999ms l 132ms d--|');
        stage.happens(there.hangups).toBe('25s A 131ms B');
      },
      { torrent: { pieces: 100 } },
    ),
  );

  it(
    'while its first connection lives stays with that one',
    drawn(
      (stage) => {
        const there = stage.world({ callers: { [before]: { at: 5, player: one(seed) }, [after]: { at: 15_000, player: one(seed) } } });
        stage.gives(told(stage, there)).toBe('5ms j 14994ms j 34ms l 5002ms d--|');
        stage.happens(there.hangups).toBe('15035ms B 5001ms A');
      },
      { torrent: { pieces: 100 } },
    ),
  );

  it(
    'within ten seconds is sent away, as both sides may have dialled each other',
    drawn(
      (stage) => {
        const there = stage.world({ callers: { [before]: { at: 5, player: one(seed) }, [after]: { at: 3_000, player: one(seed) } } });
        stage.gives(told(stage, there)).toBe('5ms j 2994ms l 7037ms d--|');
        stage.happens(there.hangups).toBe('3s B 7036ms A');
      },
      { torrent: { pieces: 50 } },
    ),
  );
});
