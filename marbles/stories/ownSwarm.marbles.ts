import { filter, ignoreElements, interval, map, merge, type Observable, share, take, tap, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { client } from '../../src/client/client.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { DownloadOptions } from '../../src/download/download.ts';
import {
  corrupts,
  drawn,
  type DrawnNetwork,
  type HostOptions,
  honest,
  type NetworkedHost,
  pieceBytes,
  stallsAfter,
  type Stage,
} from '../index.ts';

/** Kilobytes a second. */
const line = (up: number, down: number): HostOptions => ({ up: up * 1000, down: down * 1000, delay: 20 });

/** A whole client of ours, until nobody has taken anything for a minute. */
const shares = (
  { torrent }: Stage,
  host: NetworkedHost,
  options: Partial<DownloadOptions> = {},
): Observable<DownloadEvent> => {
  const own = { target: { folder: '.' }, seed: { idle: 60_000 }, ...options };
  return host.runs(client(host.env, { ports: [6881] }).download(torrent, own));
};

const everyPiece = ({ geometry }: Stage): readonly number[] => Array.from({ length: geometry.pieceCount }, (_, n) => n);

/** Each piece on its disk is what it should be. */
const isWhole = ({ geometry }: Stage, host: NetworkedHost): boolean =>
  everyPiece({ geometry } as Stage).every((piece) => {
    const from = geometry.pieceOffset(piece);
    const there = host.disk().bytes.subarray(from, from + geometry.pieceSize(piece));
    return Buffer.compare(there, pieceBytes(geometry, piece)) === 0;
  });

/** One that has all, and some who have nothing. */
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

/** What is so when the curtain has fallen. */
const atTheEnd = (stage: Stage, act: () => void): void => {
  stage.gives(timer(3_600_000).pipe(tap(act), ignoreElements())).toBe('60m |');
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
    'goes on without one whose machine is gone, which goes on where it was when it is back',
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
    'waits for those whose line is cut for a moment, and keeps the connections',
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
    'among players finds out who spoils its pieces, and takes them from the others',
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
