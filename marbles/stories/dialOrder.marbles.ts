import { endWith, map, throwError } from 'rxjs';
import { describe, it } from 'vitest';
import type { PeerAddress, PeerSource } from '../../src/contracts/network.ts';
import { Funnel } from '../../src/torrent/stats/funnel.ts';
import { drawn } from '../index.ts';
import { a, b, c, d, failure, drawnSwarm } from './swarmScene.ts';

describe('swarm, and the order in which it dials', () => {
  it(
    'begins with peers that the user names, then those of trackers, then hearsay',
    drawn((stage) => {
      const named = { a, b: { ...b, source: 'pex' }, c, d: { ...d, source: 'manual' } } as const;
      const source = stage.cold<PeerAddress>('(abcd)', named);
      const session = '                               ---#';
      const dials = '                                a--d--c--b';
      const [again] = [stage.cold(session, undefined, failure('useless'))];
      const { run, dials: dialled } = drawnSwarm(stage, { a: again, b: again, c: again, d: again }, { maxPeers: 1 });
      stage.gives(source.pipe(run), '^-----------!').toBe('-');
      stage.happens(dialled).toBe(dials);
    }),
  );

  it(
    'are no more than 32 of one host of the internet, and never ourselves again',
    drawn((stage) => {
      const funnel = new Funnel<PeerSource>();
      const [us, ...others] = Array.from(
        { length: 34 },
        (_, n): PeerAddress => ({ host: '8.8.8.8', port: n + 1, source: 'tracker' }),
      );
      const source = stage.cold<PeerAddress>('a--(a|)', { a: us as PeerAddress }).pipe(endWith(...others));
      const { run, dials } = drawnSwarm(stage, { a: throwError(() => failure('self')) }, { funnel, maxPeers: 1 });
      stage.gives(source.pipe(run), '^----!').toBe('-');
      stage.happens(dials).toBe('a--b');
      const seen$ = stage.cold('----x').pipe(map(() => funnel.rows));
      stage
        .gives(seen$.pipe(map((rows) => rows.map(({ discovered, dialled, lost }) => [discovered, dialled, lost]))))
        .toBe('----x', {
          x: [[3, 2, { self: 1, 'per-host': 1 }]],
        });
    }),
  );
});
