import { map, merge, takeUntil, timer } from 'rxjs';
import { describe, it } from 'vitest';
import {
  cut,
  delayed,
  duplicated,
  failing,
  faulty,
  frozen,
  lossy,
  lying,
  reordered,
  throttled,
} from '../../src/faults/index.ts';
import { client } from '../../src/index.ts';
import { drawn } from '../index.ts';
import { bringing, heard } from './scene.ts';

describe('faulty', () => {
  it(
    'puts faults around each other, the first nearest to the world',
    drawn((stage) => {
      const { env } = bringing(stage, 'a-b');
      stage.gives(heard(faulty(env)), '^ 20ms !').toBe('a-b');
      stage.gives(heard(faulty(env, delayed(2), delayed(3))), '^ 20ms !').toBe('10ms a-b');
    }),
  );

  it(
    'leaves a world in which a download is complete all the same',
    drawn(
      ({ torrent, network, gives }) => {
        const wan = network();
        const [seed, leecher] = ['10.0.0.1', '10.0.0.2'].map((address) => wan.host(address, { up: 500_000 }));
        if (seed === undefined || leecher === undefined) return;
        seed.disk(torrent, { has: [0, 1, 2, 3, 4, 5, 6, 7] });
        const bad = faulty(
          leecher.env,
          throttled(200_000),
          lossy(0.01),
          delayed(30, { jitter: 10 }),
          reordered(0.1),
          duplicated(0.1),
          lying(0.05),
          frozen(500),
          cut(4000),
          failing(0.1),
        );
        const options = { target: { folder: '.' }, seed: { idle: 600_000 } };
        const told: string[] = [];
        merge(
          seed.runs(client(seed.env, { ports: [6881] }).download(torrent, options)),
          leecher.runs(client(bad, { ports: [6881] }).download(torrent, options)),
        )
          .pipe(takeUntil(timer(1_000_000)))
          .subscribe(({ type }) => told.push(type));
        const came$ = timer(1_000_000).pipe(map(() => ['corrupt', 'done'].map((type) => told.includes(type))));
        gives(came$).toBe('1000s (a|)', { a: [true, true] });
      },
      { torrent: { pieces: 8, blocksPerPiece: 4 } },
    ),
  );
});
