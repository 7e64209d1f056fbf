/**
 * A budget of wasted bytes: the endgame is quick and costs some blocks twice; when they are too many, nothing comes
 * twice any more.
 */
import { filter, last, map } from 'rxjs';
import { describe, it } from 'vitest';
import { download } from '../../src/index.ts';
import { drawn, honest, type Stage } from '../index.ts';
import { wasteAtMost } from './wasteAtMost.ts';

const size = { torrent: { pieces: 30, blocksPerPiece: 1 } };
/** One that is quick, and five that are slow: what these owe at the end is asked of others, too. */
const paces = [400, 3100, 3200, 3300, 3400, 3500];
const players = paces.map((pace, n) => [`10.1.0.${n + 1}:7000`, honest({ latency: n === 0 ? 0 : 50, pace })] as const);

/** Blocks that were wasted in the end. */
const wasted = ({ world, torrent }: Stage, budget: number) => {
  const { env } = world({ peers: Object.fromEntries(players) });
  const { endgame, watched } = wasteAtMost(budget);
  return download(torrent, env, { target: { folder: '.' }, endgame, window: 2 }).pipe(
    watched,
    filter((event) => event.type === 'progress'),
    last(),
    map((event) => event.wasted / 16_384),
  );
};

describe('a budget of wasted bytes', () => {
  it(
    'that is large changes nothing: nine blocks came twice',
    drawn((stage) => stage.gives(wasted(stage, Infinity)).toBe('10665ms (w|)', { w: 9 }), size),
  );

  it(
    'that is spent ends it: two of them were under way already',
    drawn((stage) => stage.gives(wasted(stage, 0)).toBe('10665ms (w|)', { w: 2 }), size),
  );
});
