import { concat, filter, map, of, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { download } from '../../src/download/download.ts';
import { RateLimit } from '../../src/download/limits/rateLimit.ts';
import { BLOCK } from '../../src/torrent/geometry.ts';
import { chokesAfter, drawn, honest, type Mark, type Player, type World } from '../index.ts';
import { asker, failed } from './asker.ts';
import { downloaded } from './scene.ts';

const MiB = 2 ** 20;
const large = { torrent: { pieces: 400, blocksPerPiece: 16 } };

/** Bytes of blocks that are said from `from` until `until` seconds. */
const heardIn = (said: readonly number[], from: number, until: number): number =>
  said.filter((frame) => frame >= from * 1000 && frame < until * 1000).length * BLOCK;

/** Notes when a player says a block. */
const timed =
  (now: () => number, said: number[], player: Player): Player =>
  (heard$, cast) =>
    player(heard$, cast).pipe(
      map((word) => {
        if (!(word instanceof Uint8Array) && word.type === 'piece') said.push(now());
        return word;
      }),
    );

const peersOf = (count: number, player: (nth: number) => Player): Record<string, Player> =>
  Object.fromEntries(Array.from({ length: count }, (_, nth) => [`10.1.1.${nth}:7000`, player(nth)]));

/** What came in 10 s may be so much of what was meant to. */
const exactly = (bytes: number, meant: number): void => {
  expect(bytes).toBeLessThanOrEqual(meant * 1.05);
  expect(bytes).toBeGreaterThanOrEqual(meant * 0.95);
};

describe('a limit of the download rate', () => {
  it.each([
    ['one peer', 1, MiB],
    ['thirty peers', 30, MiB / 2],
    ['thirty peers and less than a block a second for each', 30, 200_000],
  ])('is exact to five per cent over ten seconds: %s', (_, count, rate) => {
    const said: number[] = [];
    drawn((stage) => {
      const peers = peersOf(count, (nth) => timed(stage.now, said, honest({ latency: 5 + nth * 3, pace: 1 })));
      const there = stage.world({ peers });
      stage.watch(downloaded(stage, there, { limits: { down: of(rate) } }), '^ 21s !');
    }, large)();
    for (const from of [1, 10]) exactly(heardIn(said, from, from + 10), rate * 10);
  });

  it('is exact while peers choke, and does not count requests in vain', () => {
    const said: number[] = [];
    drawn((stage) => {
      const peers = peersOf(12, (nth) =>
        timed(stage.now, said, chokesAfter(3 + nth, 700, honest({ latency: 50, pace: 1 }))),
      );
      stage.watch(downloaded(stage, stage.world({ peers }), { limits: { down: of(MiB) } }), '^ 21s !');
    }, large)();
    exactly(heardIn(said, 10, 20), 10 * MiB);
  });

  it('changes while it runs: to none, to nothing, and back', () => {
    const said: number[] = [];
    const rate$ = concat(
      of(MiB / 2),
      timer(10_000).pipe(map(() => 0)),
      timer(120_000).pipe(map(() => MiB)),
      timer(10_000).pipe(map(() => Infinity)),
    );
    let tidings: readonly Mark[] = [];
    drawn((stage) => {
      const peers = peersOf(3, (nth) => timed(stage.now, said, honest({ latency: 5 + nth, pace: 1 })));
      tidings = stage.watch(downloaded(stage, stage.world({ peers }), { limits: { down: rate$ } }), '^ 5m !');
    }, large)();
    expect(heardIn(said, 0, 10)).toBeGreaterThan(4.5 * MiB);
    expect(heardIn(said, 0, 10)).toBeLessThanOrEqual(5.2 * MiB);
    expect(heardIn(said, 11, 129)).toBe(0);
    exactly(heardIn(said, 130, 140), 10 * MiB);
    expect(heardIn(said, 0, 160)).toBeGreaterThanOrEqual(100 * MiB);
    const left = tidings.filter(({ value }) => (value as { type?: string } | undefined)?.type === 'peer-left');
    // In two minutes without a request no peer was hung up on, or taken for silent.
    expect(left.filter(({ frame }) => frame < 140_000)).toEqual([]);
  });

  it('is shared by downloads, and each has its part', () => {
    const said: number[][] = [[], []];
    drawn((stage) => {
      const down = new RateLimit({ rate: MiB });
      for (const each of said) {
        const there: World = stage.world({
          peers: peersOf(2, (nth) => timed(stage.now, each, honest({ latency: 5 + nth, pace: 1 }))),
        });
        stage.watch(downloaded(stage, there, { limits: { within: { down } } }), '^ 21s !');
      }
    }, large)();
    exactly(heardIn(said.flat(), 10, 20), 10 * MiB);
    for (const each of said) exactly(heardIn(each, 10, 20), 5 * MiB);
  });

  it('of a torrent holds within that of all', () => {
    const said: number[][] = [[], []];
    drawn((stage) => {
      const down = new RateLimit({ rate: MiB });
      for (const [nth, each] of said.entries()) {
        const there: World = stage.world({ peers: peersOf(2, () => timed(stage.now, each, honest({ pace: 1 }))) });
        stage.watch(
          downloaded(stage, there, { limits: { within: { down }, ...(nth === 0 && { down: of(MiB / 4) }) } }),
          '^ 21s !',
        );
      }
    }, large)();
    exactly(heardIn(said[0] ?? [], 10, 20), 2.5 * MiB);
    exactly(heardIn(said.flat(), 10, 20), 10 * MiB);
  });

  it(
    'says that it holds the download back, and nothing of peers',
    drawn((stage) => {
      const there = stage.world({ peers: peersOf(1, () => honest()) });
      const told$ = download(stage.torrent, there.env, { target: { folder: '.' }, limits: { down: of(0) } }).pipe(
        filter((event) => event.type === 'progress'),
        map(({ reason, held }) => `${held === true} ${reason}`),
        filter((_, nth) => nth === 30),
      );
      stage.gives(told$, '^ 9s !').toBe('7751ms r', { r: 'true held back by the limit of the download rate' });
    }),
  );

  it(
    'ends the download when it is no rate',
    drawn((stage) => {
      const there = stage.world({ peers: peersOf(1, () => honest()) });
      const limits = { down: concat(of(1000), timer(20).pipe(map(() => -1))) };
      const ends$ = downloaded(stage, there, { limits }).pipe(filter(() => false));
      stage.gives(ends$).toBe('21ms #', undefined, { name: 'InputError', code: 'bad-option' });
    }),
  );
});

describe('requestBlocks with a limit', () => {
  /** An allowance of so many blocks, for now. */
  const blocksOf = (count: number) => {
    let left = count * BLOCK;
    const waiting = new Set<() => void>();
    return {
      get awaited() {
        return waiting.size > 0;
      },
      get left() {
        return left / BLOCK;
      },
      take: (bytes: number, wake: () => void) => {
        if (bytes > left) return waiting.add(wake), false;
        left -= bytes;
        return true;
      },
      leave: (wake: () => void) => void waiting.delete(wake),
      give: (bytes: number) => void (left += bytes),
      spend: (bytes: number) => void (left -= bytes),
      add: (blocks: number) => {
        left += blocks * BLOCK;
        for (const wake of waiting) {
          waiting.delete(wake);
          wake();
        }
      },
    };
  };

  it(
    'asks for as many blocks as there is leave for, and for more when there is more',
    drawn((stage) => {
      const limit = blocksOf(2);
      const they = stage.peer('U-----1-2-----3-4-|');
      const asks = '           (12)------(34)';
      stage.gives(asker(stage, { limit }).blocksOf(they)).toBe('------1-2-----3-4-|');
      stage.watch(timer(10).pipe(map(() => limit.add(5))));
      stage.asks(they).toBe(asks);
    }),
  );

  it(
    'gives back what it was not sent',
    drawn((stage) => {
      const limit = blocksOf(3);
      const they = stage.peer('U---1---C-|');
      stage.gives(asker(stage, { limit }).blocksOf(they)).toBe('----1-----|');
      stage.watch(timer(20).pipe(map(() => expect([limit.left, limit.awaited]).toEqual([2, false]))));
    }),
  );

  it(
    'does not wait for a peer that it does not ask, however long',
    drawn((stage) => {
      const limit = blocksOf(0);
      const they = stage.peer('U');
      stage.gives(asker(stage, { limit, patience: () => 10_000 }).blocksOf(they), '^ 9m !').toBe('-');
      stage.sends(they).toBe('-');
    }),
  );

  it(
    'waits for one that it has asked as without a limit',
    drawn((stage) => {
      const limit = blocksOf(1);
      const they = stage.peer('U');
      stage
        .gives(asker(stage, { limit, patience: () => 9_000 }).blocksOf(they))
        .toBe('9s #', undefined, failed('silent'));
    }),
  );
});
