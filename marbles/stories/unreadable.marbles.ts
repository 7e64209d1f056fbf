import { defer, filter, map, NEVER, Observable, of, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { client } from '../../src/client/client.ts';
import { StorageError } from '../../src/contracts/errors.ts';
import { type Reread, Rereads } from '../../src/download/storage/rereads.ts';
import { type DiskOptions, drawn, type Stage } from '../index.ts';

const EIO = new StorageError('io', 'the disk failed (EIO)');

/** The only seed, whose disk can't be read from when to when, and a leecher: what the leecher stores. */
const lonely = ({ torrent, network, now }: Stage, [from, to]: readonly [number, number]) => {
  const wan = network();
  const line = { up: 50_000, down: 1_000_000, delay: 20 };
  const [seed, leecher] = [wan.host('10.0.0.1', line), wan.host('10.0.0.2', line)];
  const fails: DiskOptions['fails'] = (work) => (work === 'read' && now() >= from && now() < to ? EIO : undefined);
  seed.disk(torrent, { has: [0, 1, 2, 3], fails });
  const [giving$, taking$] = [seed, leecher].map((host) =>
    host.runs(client(host.env, { ports: [6881] }).download(torrent, { target: { folder: '.' }, seed: {} })),
  );
  return { giving$: giving$ ?? NEVER, taking$: taking$ ?? NEVER };
};

describe('a piece that can not be read', () => {
  it(
    'is tried again and given then: the only seed does not starve its swarm for a moment of trouble',
    drawn(
      (stage) => {
        const { giving$, taking$ } = lonely(stage, [700, 5_000]);
        const warnings$ = giving$.pipe(filter(({ type }) => type === 'warning'));
        stage.gives(warnings$, '^ 60s !').toBe('1142ms -ww');
        const stored$ = taking$.pipe(filter(({ type }) => type === 'stored' || type === 'done'));
        stage.gives(stored$, '^ 60s !').toBe('1100ms -s 654ms -s 7188ms -s 654ms -sd');
      },
      { torrent: { pieces: 4, blocksPerPiece: 2 } },
    ),
  );
});

type Rereading = (rereads: Rereads) => void;

/** What is read again, and the pieces (`!`) that turn out to be sound, with these outcomes one after another. */
const rereading = (outcomes: readonly Reread[], ...script: readonly (readonly [at: number, does: Rereading])[]) =>
  new Observable<string>((subscriber) => {
    const left = [...outcomes];
    const read = (index: number): Observable<Reread> =>
      defer(() => {
        subscriber.next(String(index));
        return of(left.shift() ?? 'unreadable');
      });
    const rereads = new Rereads(read, (index, became) =>
      subscriber.next(became === 'sound' ? `${index}!` : `${index}?`),
    );
    for (const [at, does] of script) {
      const acts = (): void => {
        does(rereads);
        rereads.check();
      };
      subscriber.add(timer(at).subscribe(acts));
    }
    subscriber.add(() => rereads.end());
  });

describe('pieces that can not be read', () => {
  const both: Rereading = (rereads) => [1, 2].forEach((index) => rereads.add(index));

  it(
    'are tried again in turn, after twice the time, and at once where another could be read',
    drawn(({ gives }) => {
      const read$ = rereading(['unreadable', 'unreadable', 'sound', 'unreadable', 'sound'], [0, both]);
      gives(read$, '^ 60s !').toBe('1s 1 1999ms 2 3999ms (1x2) 7995ms (2y)', { 1: '1', 2: '2', x: '1!', y: '2!' });
    }),
  );

  it(
    'are tried every five minutes in the end, and every second first when long nothing has failed',
    drawn(({ gives }) => {
      const [five, later] = [299_999, 1_589_999];
      const waits = [1_000, 1_999, 3_999, 7_999, 15_999, 31_999, 63_999, 127_999, 255_999, five, five, five, later];
      const seconds$ = rereading(
        [...new Array<Reread>(11).fill('unreadable'), 'sound'],
        [0, (rereads) => rereads.add(1)],
        [3_000_000, (rereads) => rereads.add(1)],
      ).pipe(
        filter((each) => each === '1'),
        map(() => 't'),
      );
      gives(seconds$, '^ 3002s !').toBe(waits.map((wait) => `${wait}ms t`).join(' '));
    }),
  );

  it(
    'are not tried any more when they are damaged, and nothing is at the end',
    drawn(({ gives }) => {
      const ended = rereading([], [0, both], [500, (rereads) => rereads.end()]);
      gives(ended, '^ 60s !').toBe('-');
      const damaged$ = rereading(['damaged', 'sound'], [0, both]);
      gives(damaged$, '^ 60s !').toBe('1s (1x2y)', { 1: '1', 2: '2', x: '1?', y: '2!' });
    }),
  );
});
