import { filter, map, merge, switchMap, take } from 'rxjs';
import { describe, it } from 'vitest';
import type { Connect } from '../../src/contracts/network.ts';
import { rewired } from '../../src/contracts/wires.ts';
import { openDownload } from '../../src/download/download.ts';
import { drawn, honest } from '../index.ts';

describe('the road of a peer', () => {
  it(
    'is told when it joins, in its row, and in the counts, if the environment tells it',
    drawn((stage) => {
      const { env } = stage.world({ peers: { '10.1.0.1:7000': honest({ pace: 300 }) } });
      const encrypted: Connect = (...asked) =>
        env.connect(...asked).pipe(map((wire) => ({ ...rewired(wire, {}), road: () => 'tcp+rc4' as const })));
      const target = { folder: '.' };
      const roads$ = openDownload(stage.torrent, { ...env, connect: encrypted }, { target }).pipe(
        switchMap(({ events$, state$ }) =>
          merge(
            events$.pipe(
              filter((event) => event.type === 'peer-joined'),
              map(({ road }) => road),
            ),
            state$.pipe(
              filter(({ peers }) => peers.length > 0),
              map(({ peers, progress }) => [peers.map(({ road }) => road), progress.peers.roads]),
              take(1),
            ),
          ),
        ),
      );
      stage.gives(roads$, '^ 400ms !').toBe('14ms j 235ms r', { j: 'tcp+rc4', r: [['tcp+rc4'], { 'tcp+rc4': 1 }] });
    }),
  );
});
