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
  [
    'a clock that is set back while nobody else is known in the DHT',
    {
      seed: 400104,
      finds: ['dht'],
      torrent: { pieces: 1, blocksPerPiece: 1 },
      hosts: [
        { delay: 18, has: 'all' },
        { delay: 21, nat: 'full-cone', fate: [{ at: 609, does: 'jumps', by: -4_300_000 }] },
        { nat: 'full-cone' },
      ],
    },
  ],
  [
    'a piece that is lost before a peer has said that it can be told so',
    {
      seed: 404066,
      torrent: { pieces: 1, blocksPerPiece: 1 },
      hosts: [
        {
          has: 'all',
          disk: { fails: { from: 170, to: 17_170, work: 'read' } },
          fate: [{ at: 18_000, does: 'returns' }],
        },
        { delay: 32 },
        { delay: 14 },
      ],
    },
  ],
  [
    'a cable that is pulled while peers have much to give',
    {
      seed: 402904,
      torrent: { pieces: 2, blocksPerPiece: 4 },
      hosts: [
        { up: 140_000, delay: 13, has: 'all' },
        {
          up: 140_000,
          delay: 9,
          fate: [
            { at: 2_467, does: 'freezes' },
            { at: 21_467, does: 'returns' },
          ],
        },
        { up: 360_000 },
        { up: 85_000, plays: 'honest' },
        { delay: 87, plays: 'corrupts' },
      ],
    },
  ],
  [
    'a piece that was corrupt once, and a peer that leaves before it has given all of it',
    {
      seed: 414545,
      torrent: { pieces: 1, blocksPerPiece: 8 },
      hosts: [{}, { plays: 'corrupts' }, { plays: 'hangsUp' }],
    },
  ],
  [
    'a seed with one slot, which peers that are gone have before others',
    {
      seed: 5925,
      torrent: { pieces: 14, blocksPerPiece: 1 },
      finds: ['dht'],
      hosts: [
        { has: 'all', slots: 1 },
        { nat: 'full-cone' },
        { up: 51_000, delay: 19, has: [0, 2, 3, 4, 5, 7, 9, 10, 13], fate: [{ at: 9_269, does: 'vanishes' }] },
        {
          ...{ up: 41_000, down: 6_900_000, delay: 17 },
          fate: [
            { at: 5_007, does: 'vanishes' },
            { at: 13_907, does: 'returns' },
            { at: 15_107, does: 'freezes' },
          ],
        },
      ],
    },
  ],
  [
    'memory for two pieces, which equally quick peers all sent twice',
    {
      seed: 4738,
      torrent: { pieces: 15, blocksPerPiece: 8, lastBlock: 16_383 },
      hosts: [
        { delay: 2, has: 'all', fate: [{ at: 10_884, does: 'jumps', by: 620_000 }] },
        { up: 220_000, delay: 2, loss: 0.0043 },
        { up: 410_000, delay: 21, joins: 1_611 },
        { down: 450_000, delay: 130, has: [0, 2, 3, 5, 6, 8, 9, 12] },
        { up: 930_000, down: 110_000, delay: 30, joins: 6_579, has: [0, 3, 6, 7, 8, 9, 10, 13, 14] },
        { up: 35_000, down: 110_000, delay: 20, loss: 0.026, memory: 262_144 },
      ],
    },
  ],
  [
    'memory for two pieces, beside a peer that chokes and one that hangs up',
    {
      seed: 1195,
      torrent: { pieces: 11, blocksPerPiece: 4 },
      hosts: [
        { up: 58_000, has: 'all' },
        { up: 32_000, has: [0, 1, 4, 6, 7, 8, 10], fate: [{ at: 35_802, does: 'returns' }] },
        { memory: 131_072 },
        { up: 80_000, plays: 'chokes' },
        { plays: 'hangsUp' },
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
