import { concat, map, of, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { RateLimit } from '../../src/download/limits/rateLimit.ts';
import { contentOf } from './content.ts';
import { addresses, peers } from './fixture.ts';
import { run } from './run.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Bytes that may come in so many milliseconds: the rate, what the bucket holds, and a block that is under way. */
const most = (rate: number, ms: number): number => rate * (ms / 1000) * 1.05 + 2 * 16 * KiB;

describe('a limit over real sockets', () => {
  it('is kept at every moment, by eight peers who could do more', async () => {
    const content = contentOf({ length: 4 * MiB + 5, pieceLength: 64 * KiB });
    const seeds = await peers(content, new Array(8).fill({}));
    const ran = await run(content, { peers: addresses(seeds), limits: { down: of(4 * MiB) } });
    expect(ran.sha256).toBe(content.sha256);
    expect(ran.progress.downloaded).toBeLessThanOrEqual(most(4 * MiB, ran.took));
    expect(ran.events.filter((event) => event.type === 'peer-left' && event.reason !== 'closed')).toEqual([]);
    // All of them had their turns.
    expect(seeds.filter(({ given }) => given.size > 0).length).toBe(8);
  });

  it('is lifted while it runs', async () => {
    const content = contentOf({ length: 8 * MiB, pieceLength: 64 * KiB });
    const seeds = await peers(content, [{}, {}]);
    const down = concat(of(100 * KiB), timer(600).pipe(map(() => Infinity)));
    const ran = await run(content, { peers: addresses(seeds), limits: { down } });
    expect(ran.sha256).toBe(content.sha256);
    // At the first rate it would have taken 80 seconds, more than the test has.
    const early = ran.events.filter((event) => event.type === 'progress').filter(({ held }) => held === true);
    expect(early.length).toBeGreaterThan(0);
    for (const { downloaded } of early) expect(downloaded).toBeLessThanOrEqual(most(100 * KiB, ran.took));
  });

  it('is shared by two downloads', async () => {
    const contents = [contentOf({ length: 2 * MiB, seed: 1 }), contentOf({ length: 2 * MiB, seed: 2 })];
    const down = new RateLimit({ rate: 4 * MiB });
    const began = performance.now();
    const both = await Promise.all(
      contents.map(async (content) =>
        run(content, { peers: addresses(await peers(content, [{}, {}])), limits: { within: { down } } }),
      ),
    );
    expect(both.map(({ sha256 }) => sha256)).toEqual(contents.map(({ sha256 }) => sha256));
    const all = both.reduce((sum, { progress }) => sum + progress.downloaded, 0);
    expect(all).toBeLessThanOrEqual(most(4 * MiB, performance.now() - began));
  });
});
