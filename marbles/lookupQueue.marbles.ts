import { ignoreElements, merge, mergeMap, NEVER, type Observable, range } from 'rxjs';
import { describe, it } from 'vitest';
import { LookupQueue, MAX_LOOKUPS } from '../src/discovery/dht/lookupQueue.ts';
import { dhtPeers } from '../src/discovery/dht/dhtPeers.ts';
import type { DhtNode } from '../src/discovery/dht/node.ts';
import { drawn, type Mark, type Stage } from './index.ts';

/** Lookups that are as drawn, two at one time, and when each began. */
const looking = (stage: Stage, lane: string, queue = new LookupQueue(2)) => {
  const began: Mark[] = [];
  const look = (name: string, seed: boolean): Observable<string> =>
    queue.inTurn(seed, () => {
      began.push({ frame: stage.now(), kind: 'value', value: name });
      return stage.cold(lane, { p: name });
    });
  return { look, began };
};

describe('the lookups of all torrents in the DHT', () => {
  it(
    'have their turns, and those of torrents that lack pieces come first',
    drawn((stage) => {
      const { look, began } = looking(stage, '--p-|');
      stage.gives(look('a', true)).toBe('--a-|');
      stage.gives(look('b', true), '-^').toBe('---b-|');
      stage.gives(look('c', true), '--^').toBe('-------c-|');
      stage.gives(look('d', false), '---^').toBe('------d-|');
      stage.happens(began).toBe('ab--dc');
    }),
  );

  it(
    'give way after fifteen seconds, as when the network is not joined, and leave the line when their torrent ends',
    drawn((stage) => {
      const { look, began } = looking(stage, '-', new LookupQueue(1));
      stage.gives(look('a', true), '^ 40s !').toBe('-');
      stage.gives(look('b', true), '^ 5s !').toBe('-');
      stage.gives(look('c', true), '^ 40s !').toBe('-');
      stage.happens(began).toBe('a 14999ms c');
    }),
  );

  it(
    'of many idle seeds are spread: as many at once as have a place, others as these end, each again after its own end',
    drawn((stage) => {
      const began: Mark[] = [];
      const queue = new LookupQueue();
      const announce = (): Observable<never> =>
        queue.inTurn(true, () => {
          began.push({ frame: stage.now(), kind: 'value', value: 'a' });
          return stage.cold('5s |');
        });
      const stats = { nodes: 9, nodes6: 0, torrents: 0, peers: 0 };
      const node = { port: 1, announce, getPeers: announce, stats: () => stats } as unknown as DhtNode;
      const options = { wanted$: NEVER, port: 1, random: () => 0.5, complete: () => true };
      const all$ = range(0, 3 * MAX_LOOKUPS).pipe(
        mergeMap(() => dhtPeers(merge([node], NEVER), new Uint8Array(20), options)),
      );
      stage.gives(all$.pipe(ignoreElements()), '^ 15m 12s !').toBe('-');
      const row = `(${'a'.repeat(MAX_LOOKUPS)})`;
      const gap = `${5_000 - row.length}ms`;
      const round = `${row} ${gap} ${row} ${gap} ${row}`;
      stage.happens(began).toBe(`${round} ${15 * 60_000 + 5_000 - 10_000 - row.length}ms ${row} ${gap} ${row}`);
    }),
  );
});
