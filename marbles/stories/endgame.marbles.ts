import { merge, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Block } from '../../src/contracts/peer.ts';
import type { BlockRange } from '../../src/protocol/peer/messages.ts';
import { drawn, type DrawnPeer, type Mark } from '../index.ts';
import { answering, asker, right } from './asker.ts';

const four = { torrent: { pieces: 1, blocksPerPiece: 4 } };

describe('the endgame', () => {
  it(
    'asks two peers at most for the same, and cancels what another was faster with',
    drawn((stage) => {
      const first = stage.peer(' U-----------------------1------2----|');
      const second = stage.peer('------U-----------------------1-----|');
      const third = stage.peer(' ------------U-----------------------|');
      const fourth = stage.peer('------------------U----------------|');
      const { blocksOf } = asker(stage);
      const result = '          ------------------------1------2----|';
      stage.gives(merge(...[first, second, third, fourth].map((peer) => blocksOf(peer)))).toBe(result);
      stage.sends(first).toBe(' (RRRR)---------------------------');
      stage.sends(second).toBe('------(RRRR)------------X------X-');
      // What the second has not sent when it hangs up.
      stage.sends(third).toBe(' 36ms (RR)');
      stage.sends(fourth).toBe('-');
    }, four),
  );

  it(
    'asks no peer for a block twice while any peer can be asked for a new one',
    drawn(
      (stage) => {
        const first = stage.peer(' U-----------|');
        const second = stage.peer('------U-----|');
        const { blocksOf } = asker(stage);
        stage.gives(merge(blocksOf(first), blocksOf(second))).toBe('------------|');
        stage.asks(first).toBe(' (1234)------');
        stage.asks(second).toBe('------(5678)');
      },
      { torrent: { pieces: 1, blocksPerPiece: 9 } },
    ),
  );

  it(
    'asks for copies while memory is used up once a peer keeps us waiting: that must not hold all of it',
    drawn(
      (stage) => {
        const first = stage.peer(' U 60s |');
        const second = stage.peer('------U 60s |');
        const third = stage.peer(' ------------U 60s |');
        const { blocksOf } = asker(stage, {}, 1);
        stage.watch(merge(blocksOf(first), blocksOf(second), blocksOf(third)), '^ 10s !');
        stage.asks(first).toBe(' (1234)');
        stage.asks(second).toBe('2006ms (1234)');
        stage.asks(third).toBe('4012ms (1234)');
      },
      { torrent: { pieces: 4 } },
    ),
  );

  it(
    'ends with the last block, however slow the peer that was asked for it first',
    drawn((stage) => {
      const slow = answering(stage.peer('U'), 2000, right(stage));
      const fast = answering(stage.peer('1s U'), 100, right(stage));
      const { blocksOf } = asker(stage);
      const result = '1s 1 99ms 2 99ms 3 99ms (4|)';
      stage.gives(merge(blocksOf(slow), blocksOf(fast)).pipe(take(4))).toBe(result);
    }, four),
  );
});

describe('a peer that keeps us waiting', () => {
  it.each<[string, string, number?]>([
    ['at once', 'U'],
    ['at once, beside one who is slow', 'U', 500],
    ['after some blocks at once', 'U 99ms 1 99ms 2 99ms 3'],
    ['after some blocks, seven seconds apart', 'U 7s 1 7s 2 7s 3'],
    ['after some blocks at any pace', 'U 7s 1 1s 2 9s 3 5s 4 100ms 5'],
  ])('holds no block for more than twenty seconds: silent %s', (_, lane, pace = 100) => {
    let silent: DrawnPeer | undefined;
    let busy: DrawnPeer | undefined;
    let given: readonly Mark[] = [];
    const forEver = { patience: () => 3_600_000 };
    drawn(
      (stage) => {
        const { blocksOf } = asker(stage, forEver);
        silent = stage.peer(lane);
        busy = stage.peer('U');
        given = stage.watch(merge(blocksOf(silent), blocksOf(answering(busy, pace, right(stage)))), '^ 310s !');
      },
      { torrent: { pieces: 75, blocksPerPiece: 8 } },
    )();
    const keyOf = ({ piece, begin }: Pick<Block, 'piece' | 'begin'>): string => `${piece} ${begin}`;
    const asked = (peer: DrawnPeer | undefined, key: string): number =>
      (peer?.sent ?? []).find(({ value }) => keyOf(value as BlockRange<'request'>) === key)?.frame ?? Infinity;
    const blocks = given.map(({ frame, value }) => ({
      frame,
      from: (value as Block).from,
      key: keyOf(value as Block),
    }));
    const isSilent = ({ from }: { readonly from: Block['from'] }): boolean =>
      from.address.host === silent?.address.host;
    const lastWord = blocks.findLast(isSilent)?.frame ?? 0;
    const waits = blocks
      .filter((block) => !isSilent(block))
      .map(({ key }) => asked(busy, key) - Math.max(lastWord, asked(silent, key)));
    const longest = Math.max(...waits);
    expect(blocks).toHaveLength(600);
    expect(longest).toBeGreaterThan(3_000);
    expect(longest).toBeLessThanOrEqual(20_000);
  });
});
