import { describe, expect, it } from 'vitest';
import { boundOf, complaintsOf, type SwarmHost, type SwarmPlan, swarmNamed, swarmOf } from '../index.ts';

const torrent = { pieces: 16, blocksPerPiece: 4 };
const MiB = 2 ** 20;
const seed: SwarmHost = { has: 'all', up: 500_000 };

/** When each of our clients was complete. */
const times = (hosts: readonly SwarmHost[], more: Partial<SwarmPlan> = {}): readonly (number | undefined)[] =>
  swarmOf({ torrent, hosts, ...more }).hosts.map(({ done }) => done);

describe('a swarm from a plan', () => {
  it('gives everybody each byte, no faster than the lines are, and leaves nothing open', () => {
    const { hosts, took, open, sent } = swarmOf({ torrent, hosts: [seed, { up: 200_000 }, { down: 100_000 }] });
    expect(hosts.map(({ isWhole }) => isWhole)).toEqual([true, true, true]);
    expect(hosts.map(({ error, corrupt }) => [error, corrupt])).toEqual(hosts.map(() => [undefined, 0]));
    expect(took).toBeGreaterThan(MiB / 100);
    expect(took).toBeLessThan((1.5 * MiB) / 100);
    expect(sent).toBeGreaterThan(2 * MiB);
    expect(open).toEqual([]);
  });

  it('is the same in every run with the same seed, and another with another one', () => {
    const plan: SwarmPlan = {
      torrent,
      hosts: [{ ...seed, loss: 0.01 }, { up: 100_000, delay: 60 }, { loss: 0.02 }, { plays: 'chokes' }],
    };
    const [one, same, other] = [plan, plan, { ...plan, seed: 2 }].map((each) => swarmOf(each));
    expect({ ...same, plan }).toEqual({ ...one, plan });
    expect({ ...other, plan }).not.toEqual({ ...one, plan });
  });

  it('takes longer over lines that lose packets, and over long ones', () => {
    const fast = { has: 'all', up: 4_000_000, delay: 50 } as const;
    const [, near = 0] = times([{ ...fast, delay: 5 }, {}]);
    const [, far = 0] = times([fast, {}]);
    const [, lossy = 0] = times([{ ...fast, loss: 0.03 }, {}]);
    expect(far).toBeGreaterThan(near + 300);
    expect(lossy).toBeGreaterThan(1.5 * far);
  });

  it('goes on when hosts crash, vanish, freeze, leave and return, each with its disk', () => {
    const does = (...all: readonly NonNullable<SwarmHost['fate']>[number][]): SwarmHost => ({
      down: 300_000,
      fate: all,
    });
    const run = swarmOf({
      torrent,
      hosts: [
        seed,
        does({ at: 2_500, does: 'crashes' }, { at: 60_000, does: 'returns' }),
        does({ at: 2_500, does: 'vanishes' }, { at: 60_000, does: 'returns' }),
        does({ at: 2_500, does: 'freezes' }, { at: 6_000, does: 'returns' }),
        does({ at: 2_500, does: 'leaves' }, { at: 60_000, does: 'returns' }),
        does({ at: 2_500, does: 'leaves' }),
      ],
    });
    const [, crashed, vanished, frozen, left, gone] = run.hosts;
    expect([crashed, vanished, left].map((host) => (host?.done ?? 0) > 60_000)).toEqual([true, true, true]);
    expect(frozen?.done).toBeLessThan(30_000);
    expect(gone?.done).toBeUndefined();
    // What was on the disk is not fetched again.
    expect([crashed, vanished, left].map((host) => (host?.downloaded ?? MiB) < MiB)).toEqual([true, true, true]);
    expect(run.announces.filter(({ at, event }) => event === 'stopped' && at < 4_000)).toHaveLength(2);
    expect(run.open).toEqual([]);
  });

  it('has players with manners of their own, latecomers, and disks that are full for a while', () => {
    const run = swarmOf({
      torrent,
      hosts: [seed, { joins: 5_000, disk: { full: [3, 4] } }, { plays: 'corrupts' }, { plays: 'garbage' }],
    });
    const [, late] = run.hosts;
    expect(run.hosts).toHaveLength(2);
    expect(late?.isWhole).toBe(true);
    expect(late?.warnings).toContain('full');
    expect(late?.left.filter(({ reason }) => reason === 'corrupt').map(({ host }) => host)).toEqual(['10.0.0.3']);
  });

  it('does not mind clocks that are set forward or back, by hours or for ever', () => {
    const jumps = (at: number, by: number): SwarmHost => ({ down: 200_000, fate: [{ at, does: 'jumps', by }] });
    const hosts = [
      { ...seed, ...jumps(2_000, 3_600_000) },
      jumps(3_000, -3_600_000),
      jumps(2_500, 1e10),
      jumps(1, -9e9),
    ];
    const run = swarmOf({ torrent, hosts }, { watched: true });
    expect(complaintsOf(run)).toEqual([]);
    expect(run.took).toBeLessThan(15_000);
    expect(run.hosts.flatMap(({ left }) => left)).toEqual([]);
  });

  it('ends programs whose disk fails, which are begun again when it works, and waits for disks that are slow', () => {
    const slow = { slow: { from: 1_000, to: 15_000, takes: 4_000 } };
    const fails = { fails: { from: 2_000, to: 20_000, work: 'write' as const } };
    const again = [{ at: 30_000, does: 'returns' as const }];
    const hosts = [seed, { disk: fails, fate: again }, { disk: slow }, { disk: fails }, {}];
    const run = swarmOf({ torrent, hosts }, { watched: true });
    const [, failed, late, lost, well] = run.hosts;
    expect(complaintsOf(run)).toEqual([]);
    expect([failed?.error, lost?.error]).toMatchObject([{ code: 'io' }, { code: 'io' }]);
    expect([failed, late, lost].map((host) => host?.isWhole)).toEqual([true, true, false]);
    expect(failed?.done).toBeGreaterThan(30_000);
    expect((late?.done ?? 0) - (well?.done ?? 0)).toBeGreaterThan(2_000);
  });

  it.each([['udp'], ['dht'], ['http', 'udp', 'dht']] as const)('finds each other by %s %s %s', (...finds) => {
    const hosts = [seed, { up: 200_000, jitter: 20, duplicates: 0.2 }, { joins: 2_000, loss: 0.01 }];
    const { hosts: all, announces, open } = swarmOf({ torrent, hosts, finds: finds.filter((way) => way) });
    expect(all.map(({ isWhole }) => isWhole)).toEqual([true, true, true]);
    const trackers = finds.filter((way) => way === 'udp' || way === 'http');
    expect([...new Set(announces.map(({ by }) => by))].sort()).toEqual([...trackers].sort());
    expect(open).toEqual([]);
  });

  it('reaches hosts behind a router only if they dial themselves', () => {
    const [, one] = times([seed, { nat: 'symmetric' }]);
    const [, other] = times([{ ...seed, nat: 'full-cone' }, { nat: 'restricted' }], { within: 60 });
    expect([one !== undefined, other]).toEqual([true, undefined]);
  });

  it('has a name if it is a hard one, and the rules of TCP that are wanted', () => {
    const bounds = ['far', 'flash'].map((name) => Math.round(boundOf(swarmNamed(name) ?? { hosts: [] })));
    expect(bounds).toEqual([5369, 12583]);
    const small = swarmNamed('lossy', { mib: 8 }) ?? { hosts: [] };
    const [cubic = 0, bbr = 0] = (['cubic', 'bbr'] as const).map((tcp) => swarmOf({ ...small, tcp }).took);
    expect(bbr).toBeLessThan(cubic / 2);
  });

  it('is over after its time, whoever is not complete', () => {
    expect(times([{ ...seed, has: [0, 1] }, {}], { within: 20 })).toEqual([undefined, undefined]);
    const { announces } = swarmOf({ torrent, hosts: [seed], lasts: 100 });
    expect(announces.map(({ event }) => event)).toEqual(['started', '', '', '', 'stopped']);
  });
});
