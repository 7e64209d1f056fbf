import { concat, filter, interval, map, merge, NEVER, of, share, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { serveBlocks, type Shelf } from '../../operators/serveBlocks.ts';
import { RateLimit } from '../../src/download/limits/rateLimit.ts';
import { BLOCK } from '../../src/torrent/geometry.ts';
import { drawn, type DrawnPeer, type Stage } from '../index.ts';

const MiB = 2 ** 20;
/** Requests that a peer has open. */
const OPEN = 40;

/** A peer that we serve, and that always asks for more. */
const greedy = (stage: Stage): DrawnPeer => {
  const they = stage.peer('');
  they.state.choking = false;
  let asked = 0;
  const asks$ = interval(2).pipe(
    filter(() => asked - they.sent.length < OPEN),
    map(() => stage.words.request((asked++ % (stage.geometry.pieceCount * stage.geometry.blocksPerPiece)) + 1)),
  );
  return { ...they, talk$: merge(they.talk$, asks$).pipe(share()) };
};

const shelf: Shelf = { has: () => true, read: () => timer(1).pipe(map(() => true)) };

/** Bytes that were sent from `from` until `until` seconds. */
const sentIn = (peers: readonly DrawnPeer[], from: number, until: number): number =>
  peers.flatMap(({ sent }) => sent.filter(({ frame }) => frame >= from * 1000 && frame < until * 1000)).length * BLOCK;

const serve = (rate: (limit: RateLimit) => void, count: number): readonly DrawnPeer[] => {
  let peers: readonly DrawnPeer[] = [];
  drawn(
    (stage) => {
      const limit = new RateLimit();
      rate(limit);
      peers = Array.from({ length: count }, () => greedy(stage));
      for (const peer of peers)
        stage.watch(concat(of(peer), NEVER).pipe(serveBlocks(shelf, stage.geometry, { limit })), '^ 31s !');
    },
    { torrent: { pieces: 20, blocksPerPiece: 4 } },
  )();
  return peers;
};

describe('a limit of the upload rate', () => {
  it.each([
    [1, MiB],
    [7, MiB],
    [7, 60_000],
  ])('is exact to five per cent over ten seconds, with %i peers at %i bytes a second, and fair', (count, rate) => {
    const peers = serve((limit) => (limit.rate = rate), count);
    for (const from of [1, 10, 20]) {
      expect(sentIn(peers, from, from + 10)).toBeLessThanOrEqual(rate * 10.5 + BLOCK);
      expect(sentIn(peers, from, from + 10)).toBeGreaterThanOrEqual(rate * 9.5 - BLOCK);
    }
    const each = peers.map((peer) => sentIn([peer], 0, 31));
    expect(Math.min(...each)).toBeGreaterThanOrEqual(Math.max(...each) * 0.9 - 2 * BLOCK);
  });

  it('changes while it runs', () => {
    const peers = serve((limit) => {
      limit.rate = MiB;
      timer(10_000).subscribe(() => (limit.rate = 0));
      timer(20_000).subscribe(() => (limit.rate = MiB / 2));
    }, 3);
    expect(sentIn(peers, 10.1, 20)).toBe(0);
    expect(sentIn(peers, 20, 30)).toBeLessThanOrEqual(5.25 * MiB);
    expect(sentIn(peers, 20, 30)).toBeGreaterThanOrEqual(4.75 * MiB);
  });
});
