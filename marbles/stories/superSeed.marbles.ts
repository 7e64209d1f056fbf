import { mergeMap, type Observable } from 'rxjs';
import { describe, it } from 'vitest';
import { drawn } from '../index.ts';
import { ends, line, type LineEnd, shares } from './line.ts';

/** Letters are pieces that are shown, `a` the first; digits blocks that are given, `1` the first. */
const shown = ({ said$ }: LineEnd): Observable<string> =>
  said$.pipe(
    mergeMap((word) =>
      word.type === 'have' ? ['abcdef'[word.piece] ?? '?'] : word.type === 'piece' ? [String(word.piece + 1)] : [],
    ),
  );

describe('a super-seed', () => {
  it(
    'shows each peer a piece of its own, and the next when it has passed that one on: each piece is given once',
    drawn(
      (stage) => {
        const all = [0, 1, 2, 3, 4, 5];
        const [seed, one, other] = [
          stage.world({ disk: { has: all } }),
          stage.world({ seed: 2 }),
          stage.world({ seed: 3 }),
        ];
        const [toOne, oneToSeed] = line(stage, '10.1.0.1', '10.1.0.2');
        const [toOther, otherToSeed] = line(stage, '10.1.0.1', '10.1.0.3');
        const [oneToOther, otherToOne] = line(stage, '10.1.0.2', '10.1.0.3');
        const seed$ = shares(stage, seed, {
          peers: [toOne.address, toOther.address],
          seed: { idle: 15_000, super: true },
        });
        const one$ = shares(stage, one, { peers: [oneToSeed.address, oneToOther.address] });
        const other$ = shares(stage, other, { peers: [otherToSeed.address, otherToOne.address] });
        stage
          .gives(shown(toOne))
          .toBe('     --------a--------------------1 39ms d----------4 29ms b----------2 29ms f');
        stage.gives(shown(toOther)).toBe('   --------c--------------------3 39ms e----------5 29ms f----------6');
        // What they have of the seed they announce and send each other, and the seed is told by both.
        stage
          .gives(shown(oneToOther))
          .toBe('- 35ms a--------------------1------c 22ms d----------4------e 22ms b----------2------f');
        stage
          .gives(shown(otherToOne))
          .toBe('- 35ms c--------------------3------a 22ms e----------5------d 22ms f----------6------b');
        stage.gives(ends(seed$)).toBe('      -------d 15998ms s--|', { d: 'd', s: ['idle', 1] });
        stage.gives(ends(one$)).toBe('        - 146ms d 15855ms s--|', { d: 'd', s: ['idle', 0.5] });
        stage.gives(ends(other$)).toBe('      - 146ms d 15855ms s--|', { d: 'd', s: ['idle', 0.5] });
      },
      { torrent: { pieces: 6, blocksPerPiece: 1 } },
    ),
  );

  it(
    'makes a peer that does not pass its piece on wait for the next, but not for ever: it may be isolated',
    drawn(
      (stage) => {
        const [seed, one, other] = [
          stage.world({ disk: { has: [0, 1, 2, 3, 4, 5] } }),
          stage.world({ seed: 2 }),
          stage.world({ seed: 3 }),
        ];
        const [toOne, oneToSeed] = line(stage, '10.1.0.1', '10.1.0.2');
        const [toOther, otherToSeed] = line(stage, '10.1.0.1', '10.1.0.3');
        const seed$ = shares(stage, seed, {
          peers: [toOne.address, toOther.address],
          seed: { time: 600_000, super: true },
        });
        stage.gives(shown(toOne)).toBe('     --------a--------------------1 179978ms d--------------------4');
        // A peer that is alone can pass on nothing.
        stage
          .gives(shown(toOther))
          .toBe('   --------c--------------------3 179978ms e--------------------5 119976ms b');
        stage.gives(ends(seed$)).toBe('      -------d 600998ms s--|', { d: 'd', s: ['time', 2 / 3] });
        stage.gives(ends(shares(stage, one, { peers: [oneToSeed.address] })), '^ 5m !').toBe('-');
        stage.gives(ends(shares(stage, other, { peers: [otherToSeed.address] })), '^ 5m ------!').toBe('-');
      },
      { torrent: { pieces: 6, blocksPerPiece: 1 } },
    ),
  );
});
