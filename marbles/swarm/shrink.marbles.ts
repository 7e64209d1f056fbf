import { describe, expect, it } from 'vitest';
import { complaintsOf, drawingOf, shrink, type SwarmPlan, swarmOf } from '../index.ts';
import { PLANTED } from './planted.ts';

describe('a swarm that fails', () => {
  it('is made as small as it can be', () => {
    const fails = (plan: SwarmPlan): boolean =>
      complaintsOf(swarmOf(plan, { watched: true, env: PLANTED.offByOne })).length > 0;
    const plan: SwarmPlan = {
      torrent: { pieces: 3, blocksPerPiece: 2, lastBlock: 100 },
      hosts: [
        { has: 'all', up: 500_000 },
        { delay: 20, joins: 500, fate: [{ at: 4_000, does: 'leaves' }] },
        { plays: 'silent' },
      ],
    };
    const { hosts, torrent } = shrink(plan, fails, 40);
    expect(hosts).toEqual([{ has: 'all' }, {}]);
    expect(torrent).toEqual({ pieces: 1, blocksPerPiece: 1 });
  });

  it('keeps what it fails by', () => {
    const plan: SwarmPlan = {
      seed: 7,
      torrent: { pieces: 9, blocksPerPiece: 4, lastBlock: 5 },
      hosts: [
        { has: 'all', up: 5, delay: 7 },
        {
          has: [0, 3, 8],
          fate: [
            { at: 1, does: 'crashes' },
            { at: 2, does: 'returns' },
            { at: 3, does: 'freezes' },
          ],
        },
        { loss: 0.1, slots: 2 },
      ],
    };
    const freezes = ({ hosts }: SwarmPlan): boolean =>
      hosts.some(({ has, fate = [] }) => has?.includes(3 as never) && fate.some(({ does }) => does === 'freezes'));
    expect(shrink(plan, (each) => freezes(each) && (each.torrent?.pieces ?? 0) >= 4)).toEqual({
      seed: 7,
      torrent: { pieces: 4, blocksPerPiece: 1 },
      hosts: [{ has: [0, 3], fate: [{ at: 3, does: 'freezes' }] }],
    });
    expect(shrink(plan, freezes, 2).hosts).toHaveLength(2);
  });

  it('is printed as a test', () => {
    expect(drawingOf({ seed: 3, torrent: { pieces: 2 }, hosts: [{ has: 'all' }, { plays: 'corrupts' }] })).toBe(
      [
        "it('holds with seed 3', () => {",
        '  const run = swarmOf(',
        '    {',
        '      seed: 3,',
        '      torrent: { pieces: 2 },',
        '      hosts: [',
        "        { has: 'all' },",
        "        { plays: 'corrupts' },",
        '      ],',
        '    },',
        '    { watched: true },',
        '  );',
        '  expect(complaintsOf(run)).toEqual([]);',
        '});',
      ].join('\n'),
    );
  });
});
