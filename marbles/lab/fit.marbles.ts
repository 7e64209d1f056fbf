import { concat, filter, map, of, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { Recording } from '../../src/recording/parse.ts';
import { recorded } from '../../test/recording/session.ts';
import { fit, hangsUpAfter, honest, swarmOf } from '../index.ts';

describe('a recording becomes a swarm', () => {
  const peers = {
    '10.1.0.1:7000': honest({ pace: 50 }),
    '10.1.0.2:7000': honest({ pace: 200, has: [0, 1, 2], latency: 40 }),
    '10.1.0.3:7000': honest({ has: [] }),
  };
  const { bytes } = recorded({ peers, dialling: 60 }, { pieces: 12 });
  const plan = fit(new Recording(bytes));

  it('with the rates, delays and pieces of its peers, and us', () => {
    expect(plan.torrent).toEqual({ pieces: 12, blocksPerPiece: 2 });
    expect(plan.hosts.map(({ has, delay }) => [has, delay])).toEqual([
      ['all', 30],
      [[0, 1, 2], 30],
      [undefined, 30],
      [undefined, 0],
    ]);
    const [fast = 0, slow = 0, none, ours] = plan.hosts.map(({ up, down }) => up ?? down);
    // A block in 50 ms, and one in 200.
    expect(fast / 16_384).toBeGreaterThan(15);
    expect(fast / 16_384).toBeLessThan(25);
    expect(slow / 16_384).toBeGreaterThan(3);
    expect(slow / 16_384).toBeLessThan(10);
    expect(none).toBe(20_000);
    expect(ours).toBeGreaterThan(fast - 1);
  });

  it('that can be run', () => {
    const { hosts } = swarmOf(plan);
    expect(hosts.map(({ isWhole }) => isWhole)).toEqual([true, true, true, true]);
  });

  it('in which whoever comes late, or leaves, does so', () => {
    const world = {
      peers: {
        '10.1.0.1:7000': hangsUpAfter(2, honest({ pace: 500 })),
        '10.1.0.2:7000': honest({ pace: 1500 }),
        '10.1.0.3:7000': honest({ pace: 1500 }),
      },
    };
    const [one, two, three] = Object.keys(world.peers).map((name): PeerAddress => {
      const [host = '', port] = name.split(':');
      return { host, port: Number(port), source: 'manual' };
    });
    const peers$ = concat(of(one, two), timer(5000).pipe(map(() => three))).pipe(filter((it) => it !== undefined));
    const { hosts } = fit(new Recording(recorded(world, { pieces: 12, own: { trackers: [], peers$ } }).bytes));
    expect(hosts).toHaveLength(4);
    const [leaves, stays, comes] = hosts;
    expect(leaves?.fate).toEqual([{ at: expect.any(Number) as number, does: 'leaves' }]);
    expect([stays?.fate, stays?.joins]).toEqual([undefined, undefined]);
    expect(comes?.joins).toBeGreaterThanOrEqual(5000);
    expect(comes?.joins).toBeLessThan(5100);
  });
});
