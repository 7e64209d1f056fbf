import { describe, expect, it } from 'vitest';
import { complaintsOf, type SwarmPlan, swarmOf } from '../index.ts';

/** Swarms in which something was wrong once, made smaller. */
const SWARMS: readonly (readonly [what: string, plan: SwarmPlan])[] = [
  [
    'a clock that is set back before the only seed is known',
    {
      seed: 301402,
      torrent: { pieces: 1, blocksPerPiece: 1 },
      hosts: [{ has: 'all' }, { nat: 'symmetric', fate: [{ at: 6_967, does: 'jumps', by: -780_000 }] }],
    },
  ],
  [
    'the only seed, whose disk can not be read for a while',
    {
      torrent: { pieces: 4, blocksPerPiece: 2 },
      hosts: [
        {
          ...{ has: 'all', up: 50_000 },
          disk: { fails: { from: 700, to: 20_000, work: 'read' } },
          fate: [{ at: 21_000, does: 'returns' }],
        },
        {},
      ],
    },
  ],
  [
    'a disk that takes what it is given, and gives nothing, among others that have all',
    {
      seed: 304160,
      torrent: { pieces: 4, blocksPerPiece: 8 },
      hosts: [
        { delay: 52, has: 'all' },
        { disk: { fails: { from: 994, to: 16_994, work: 'read' } }, fate: [{ at: 17_000, does: 'returns' }] },
        { down: 420_000, delay: 11 },
        { joins: 12_583 },
      ],
    },
  ],
  ['somebody alone who hears of itself', { seed: 304297, finds: ['dht'], hosts: [{ has: 'all', delay: 74 }] }],
];

describe('a swarm in which something was wrong once', () => {
  it.each(SWARMS)('holds what is promised: %s', (_, plan) => {
    expect(complaintsOf(swarmOf({ within: 3_000, ...plan }, { watched: true }))).toEqual([]);
  });
});
