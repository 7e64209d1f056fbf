import { filter } from 'rxjs';
import { describe, it } from 'vitest';
import { drawn, honest, type Player, type Stage } from '../index.ts';
import { downloaded } from './scene.ts';

const [a, b] = ['10.1.0.1:7000', '10.1.0.2:7000'];

/**
 * Nothing comes through from `from` until `until`, in milliseconds; a peer that is connected then is not heard again.
 */
const throughLine =
  ({ now }: Stage, from: number, until: number, player: Player): Player =>
  (heard$, cast) => {
    let dead = now() >= from && now() < until;
    return player(heard$, cast).pipe(filter(() => !(dead ||= now() >= from && now() < until)));
  };

const pieces = 400;

describe('a line that dies for twelve seconds', () => {
  it(
    'is noticed when all sending peers fall silent together: they are redialled, and the download goes on',
    drawn(
      (stage) => {
        const seed = honest({ latency: 20, pace: 20 });
        const there = stage.world({
          peers: { [a]: throughLine(stage, 2000, 14_000, seed), [b]: throughLine(stage, 2000, 14_000, seed) },
        });
        const done$ = downloaded(stage, there).pipe(filter(({ type }) => type === 'done'));
        stage.gives(done$).toBe('21076ms (d|)');
        stage.happens(there.hangups).toBe('9049ms b 999ms a 11022ms (ba)');
        stage.happens(there.dials).toBe('--------(ab) 14037ms b 999ms a');
      },
      { torrent: { pieces } },
    ),
  );

  it(
    'is not what one peer makes it when it falls silent and another one goes on',
    drawn(
      (stage) => {
        const seed = honest({ latency: 20, pace: 20 });
        const there = stage.world({ peers: { [a]: throughLine(stage, 2000, 14_000, seed), [b]: seed } });
        const done$ = downloaded(stage, there).pipe(filter(({ type }) => type === 'done'));
        stage.gives(done$).toBe('14152ms ---(d|)');
        stage.happens(there.dials).toBe('--------(ab)');
      },
      { torrent: { pieces } },
    ),
  );
});
