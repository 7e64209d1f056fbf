import { ignoreElements, map, merge, NEVER, of } from 'rxjs';
import { describe, it } from 'vitest';
import type { DhtNode } from '../../src/discovery/dht/node.ts';
import { sources } from '../../src/discovery/peerSources.ts';
import { drawn, type Mark } from '../index.ts';

describe('a seed in the DHT', () => {
  it(
    'says that it is one as soon as nothing is missing, BEP 33',
    drawn((stage) => {
      const asked: Mark[] = [];
      const said = (letter: string) => {
        asked.push({ frame: stage.now(), kind: 'value', value: letter });
        return of({ host: '10.0.0.1', port: 1 });
      };
      const node: DhtNode = {
        port: 6881,
        getPeers: (_, seed) => said(seed === true ? 'G' : 'g'),
        announce: (_, __, seed) => said(seed === true ? 'A' : 'a'),
        scrape: () => NEVER,
        addNode: () => NEVER,
        nodes: () => ({ id: new Uint8Array(20), nodes: [] }),
        stats: () => ({ nodes: 100, nodes6: 0, torrents: 0, peers: 0 }),
      };
      const peers$ = sources({ ...stage.world().env, random: () => 0.5 }, stage.torrent, {
        trackers: [],
        dht$: merge(of(node), NEVER),
        listens: true,
        peerId: new Uint8Array(20),
        port: 6881,
        totals: () => ({ uploaded: 0, downloaded: 0, left: stage.now() < 400_000 ? 1 : 0 }),
        wanted$: of(1),
      });
      stage.gives(peers$.pipe(ignoreElements(), map(String)), '^ 16m !').toBe('-');
      stage.happens(asked).toBe('a 299999ms g 299999ms G 299999ms A');
    }),
  );
});
