import { describe, it } from 'vitest';
import { inOrder } from '../../src/torrent/picker/pieceOrder.ts';
import { chokesAfter, corrupts, drawn, honest, neverUnchokes, silent, stallsAfter } from '../index.ts';
import { downloaded, overheard } from './scene.ts';

const a = '10.1.0.1:7000';
const b = '10.1.0.2:7000';

describe('a peer that', () => {
  it(
    'chokes in the middle of a piece gives its blocks back: another peer is asked for them',
    drawn(
      (stage) => {
        const fickle = overheard(stage, chokesAfter(1, 3_600_000));
        const honestOne = overheard(stage, honest({ latency: 20 }));
        const there = stage.world({ peers: { [a]: fickle.player, [b]: honestOne.player } });
        stage.asks(fickle).toBe('                   -------------------(1234)');
        stage.asks(honestOne).toBe('                49ms (5678)--------------(234)');
        stage.gives(downloaded(stage, there)).toBe('--------a-----j--------------j 61ms s---(d|)');
        stage.happens(there.dials).toBe('           --------(ab)');
      },
      { torrent: { pieces: 1, blocksPerPiece: 8 } },
    ),
  );

  it(
    'is slow with the last blocks gets a cancel for those that another peer has sent',
    drawn(
      (stage) => {
        const slow = overheard(stage, honest({ pace: 1500 }));
        const fast = overheard(stage, honest({ latency: 20, pace: 5 }));
        const there = stage.world({ peers: { [a]: slow.player, [b]: fast.player } });
        stage.sends(slow).toBe('                    ---------h----I----(RRRR) 89ms X----X----X----X');
        stage
          .sends(fast)
          .toBe('                    ---------h-------------------I-------------------(RRRR) 34ms (RRRR)');
        stage.gives(downloaded(stage, there)).toBe('--------a-----j--------------j 101ms s---(d|)');
      },
      { torrent: { pieces: 1, blocksPerPiece: 8 } },
    ),
  );

  it(
    'corrupts a piece is found when another peer sends all of it, and banned',
    drawn(
      (stage) => {
        const liar = overheard(stage, corrupts([6], honest({ latency: 8 })));
        const innocent = overheard(stage, honest({ latency: 7, pace: 2 }));
        const there = stage.world({ peers: { [a]: liar.player, [b]: innocent.player } });
        stage.asks(liar).toBe('                                         25ms (5678)--9');
        stage.asks(innocent).toBe('                                     23ms (1234)---------9(456)');
        stage
          .gives(downloaded(stage, there, { order: inOrder }))
          .toBe('--------a-------jj--------------------sc---s----------ls---(d|)');
        stage.happens(there.hangups).toBe('                             54ms ab');
      },
      { torrent: { pieces: 3, blocksPerPiece: 3 } },
    ),
  );

  it(
    'corrupts a piece is found when it sends all of it, and banned; the honest senders are asked then',
    drawn(
      (stage) => {
        const liar = overheard(stage, corrupts([2], honest({ latency: 10, pace: 2 })));
        const innocent = overheard(stage, honest({ latency: 11, pace: 2 }));
        const there = stage.world({ peers: { [a]: liar.player, [b]: innocent.player } });
        stage.asks(liar).toBe('                                         29ms (1234)------------(78)(12345678)');
        stage.asks(innocent).toBe('                                     31ms (5678) 37ms (12345678)');
        stage
          .gives(downloaded(stage, there, { order: inOrder }))
          .toBe('--------a----------jj 30ms c 22ms (lc) 25ms s---(d|)');
        stage.happens(there.hangups).toBe('                             74ms a 28ms b');
      },
      { torrent: { pieces: 1, blocksPerPiece: 8 } },
    ),
  );

  it(
    'was banned is not called again, however often trackers name it',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: corrupts() } });
      stage.happens(there.dials).toBe('                      --------a');
      stage
        .happens(there.announces)
        .toBe(
          '                  ---s 62372ms u 129209ms u 246865ms u 489166ms u 964106ms u 1876933ms u 63546ms u 129588ms u 238204ms x',
        );
      stage
        .gives(downloaded(stage, there), '^ 70m !')
        .toBe(
          '--------a-----j----------(lcc) 62351ms a 129209ms a 246865ms a 489166ms a 964106ms a 1876933ms a 63546ms a 129588ms a',
        );
    }),
  );

  it(
    'sends nothing is hung up on, and replaced',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: silent(), [b]: honest({ pace: 1 }) } });
      stage.happens(there.dials).toBe('                            --------a 10s b');
      stage.happens(there.hangups).toBe('                          10009ms a 21ms b');
      stage.gives(downloaded(stage, there, { maxPeers: 1 })).toBe('--------a 10s l-----j-------------s-s---(d|)');
    }),
  );

  it(
    'stops sending is replaced after ten seconds when others wait',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: stallsAfter(1), [b]: honest({ pace: 1 }) } });
      stage.happens(there.dials).toBe('                            --------a 11010ms b');
      stage.happens(there.hangups).toBe('                          11019ms a--------------------b');
      stage
        .gives(downloaded(stage, there, { maxPeers: 1 }))
        .toBe('--------a-----j 11004ms l-----j------------s-s---(d|)');
    }),
  );

  it(
    'never unchokes is replaced after half a minute when others wait',
    drawn((stage) => {
      const there = stage.world({ peers: { [a]: neverUnchokes(), [b]: honest({ pace: 1 }) } });
      stage.happens(there.dials).toBe('                            --------a 30005ms b');
      stage.happens(there.hangups).toBe('                          30014ms a 21ms b');
      stage
        .gives(downloaded(stage, there, { maxPeers: 1 }))
        .toBe('--------a-----j 29999ms l-----j-------------s-s---(d|)');
    }),
  );
});
