import { filter, ignoreElements, interval, map, merge, share, take, tap, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  corrupts,
  drawn,
  type DrawnNetwork,
  type HostOptions,
  honest,
  type NetworkedHost,
  stallsAfter,
  type Stage,
} from '../index.ts';
import { atTheEnd, everyPiece, isWhole, line, shares } from './swarmOfOurs.ts';

const swarmOf = (stage: Stage, network: DrawnNetwork, takers: readonly HostOptions[]): readonly NetworkedHost[] => {
  const seed = network.host('10.0.0.1', line(1000, 1000));
  seed.disk(stage.torrent, { has: everyPiece(stage) });
  return [seed, ...takers.map((options, nth) => network.host(`10.0.0.${nth + 2}`, options))];
};

/** When each host had all, in milliseconds, by its address; the invariants of the network hold all the time. */
const times = (stage: Stage, network: DrawnNetwork, hosts: readonly NetworkedHost[]): ReadonlyMap<string, number> => {
  const done = new Map<string, number>();
  const all = hosts.map((host) =>
    shares(stage, host).pipe(
      filter(({ type }) => type === 'done'),
      tap(() => done.set(host.address, stage.now())),
    ),
  );
  const checked$ = interval(250).pipe(
    take(200),
    tap(() => network.tcp.check()),
    ignoreElements(),
  );
  stage.gives(checked$).toBe('50s |');
  stage.watch(merge(...all));
  return done;
};

const SIZE = { torrent: { pieces: 24, blocksPerPiece: 4 } };

describe('a swarm of our own', () => {
  it(
    'of eight gives all to all, and leaves nothing open',
    drawn((stage) => {
      const network = stage.network();
      const hosts = swarmOf(
        stage,
        network,
        Array.from({ length: 7 }, () => line(500, 2000)),
      );
      const done = times(stage, network, hosts);
      atTheEnd(stage, () => {
        expect([...done.keys()].sort()).toEqual(hosts.map(({ address }) => address).sort());
        expect(hosts.map((host) => isWhole(stage, host))).toEqual(hosts.map(() => true));
        // Seven copies of what the first one alone could not have given in that time.
        const alone = (7 * stage.torrent.length * 1000) / 1_000_000;
        expect(Math.max(...done.values())).toBeLessThan(alone / 2);
        expect([network.tcp.connections, network.udp.sockets]).toEqual([0, 0]);
      });
    }, SIZE),
  );

  it('comes out the same in every run with the same seed', () => {
    const runs = [1, 1, 2].map((seed) => {
      let done: ReadonlyMap<string, number> = new Map();
      drawn((stage) => {
        const network = stage.network({ seed });
        const takers = Array.from({ length: 3 }, () => line(500, 2000));
        done = times(stage, network, swarmOf(stage, network, takers));
      }, SIZE)();
      return [...done];
    });
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]).not.toEqual(runs[2]);
  });

  it(
    'goes on without a host that is gone, and that host goes on where it was when it is back',
    drawn((stage) => {
      const network = stage.network();
      const hosts = swarmOf(stage, network, [line(500, 1000), line(500, 1000), line(500, 1000)]);
      const [, unlucky] = hosts as [NetworkedHost, NetworkedHost];
      const done = times(stage, network, hosts);
      let before = 0;
      const fate$ = merge(
        timer(700).pipe(
          tap(() => {
            before = unlucky.disk().written.length;
            unlucky.crash('silently');
          }),
        ),
        timer(40_000).pipe(tap(() => unlucky.comeBack())),
      );
      stage.watch(fate$);
      atTheEnd(stage, () => {
        expect(before).toBeGreaterThan(0);
        expect([...done.values()].filter((ms) => ms < 20_000)).toHaveLength(3);
        expect(done.get(unlucky.address)).toBeGreaterThan(40_000);
        expect(isWhole(stage, unlucky)).toBe(true);
        expect(network.tcp.connections).toBe(0);
      });
    }, SIZE),
  );

  it(
    'waits for hosts whose line is cut for a moment, and keeps the connections',
    drawn((stage) => {
      const network = stage.network();
      const hosts = swarmOf(stage, network, [line(500, 1000), line(500, 1000)]);
      const [seed] = hosts as [NetworkedHost];
      const done = times(stage, network, hosts);
      stage.watch(merge(timer(500).pipe(tap(() => seed.freeze())), timer(5_500).pipe(tap(() => seed.comeBack()))));
      atTheEnd(stage, () => {
        expect([...done.values()].every((ms) => ms < 20_000)).toBe(true);
        expect(hosts.every((host) => isWhole(stage, host))).toBe(true);
      });
    }, SIZE),
  );

  it(
    'among players finds out which one corrupts its pieces, and takes them from the others',
    drawn((stage) => {
      const network = stage.network();
      const hosts = [network.host('10.0.0.2', line(500, 1000)), network.host('10.0.0.3', line(500, 1000))] as const;
      network.plays('10.1.0.1', corrupts([], honest()));
      network.plays('10.1.0.2', stallsAfter(5));
      network.plays('10.1.0.3', honest({ latency: 30 }));
      const peers = [1, 2, 3].map((n) => ({ host: `10.1.0.${n}`, port: 6881, source: 'manual' as const }));
      const [one, other] = hosts;
      const events$ = shares(stage, one, { peers }).pipe(share());
      const left$ = events$.pipe(
        filter((event) => event.type === 'peer-left'),
        map((event) => [event.address.host, event.reason]),
        take(1),
      );
      const left = stage.watch(left$);
      stage.watch(merge(events$, shares(stage, other)));
      atTheEnd(stage, () => {
        expect(left[0]?.value).toEqual(['10.1.0.1', 'corrupt']);
        expect(hosts.map((host) => isWhole(stage, host))).toEqual([true, true]);
      });
    }, SIZE),
  );
});
