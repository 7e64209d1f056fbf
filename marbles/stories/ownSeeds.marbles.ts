import { merge, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import { drawn } from '../index.ts';
import { atTheEnd, everyPiece, isWhole, line, shares } from './swarmOfOurs.ts';

const SIZE = { torrent: { pieces: 16, blocksPerPiece: 8 } };

/** What has been given, in all, as a multiple of what there is. */
const ratioOf = (events: readonly DownloadEvent[]): number =>
  events.findLast((event) => event.type === 'progress')?.ratio ?? 0;

describe('seeds of ours', () => {
  it(
    'that are super-seeds send two leechers that are connected little more than one copy',
    drawn((stage) => {
      const network = stage.network();
      const seed = network.host('10.0.0.1', line(2000, 2000));
      seed.disk(stage.torrent, { has: everyPiece(stage) });
      const leechers = [2, 3].map((n) => network.host(`10.0.0.${n}`, line(2000, 2000)));
      const events: DownloadEvent[] = [];
      const given$ = shares(stage, seed, { seed: { idle: 60_000, super: true } });
      stage.watch(
        merge(given$.pipe(tap((event) => events.push(event))), ...leechers.map((host) => shares(stage, host))),
      );
      atTheEnd(stage, () => {
        expect(leechers.map((host) => isWhole(stage, host))).toEqual([true, true]);
        expect(ratioOf(events)).toBeGreaterThanOrEqual(1);
        expect(ratioOf(events)).toBeLessThan(1.5);
      });
    }, SIZE),
  );

  it(
    'that have a half each give it to each other, and both come to have all',
    drawn((stage) => {
      const network = stage.network();
      const hosts = [0, 1].map((rest) => {
        const host = network.host(`10.0.0.${rest + 1}`, line(2000, 2000));
        host.disk(stage.torrent, { has: everyPiece(stage).filter((piece) => piece % 2 === rest) });
        return host;
      });
      const told = hosts.map((): DownloadEvent[] => []);
      stage.watch(merge(...hosts.map((host, n) => shares(stage, host).pipe(tap((event) => told[n]?.push(event))))));
      atTheEnd(stage, () => {
        expect(hosts.map((host) => isWhole(stage, host))).toEqual([true, true]);
        expect(told.map(ratioOf)).toEqual([0.5, 0.5]);
      });
    }, SIZE),
  );
});
