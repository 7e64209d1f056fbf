import { defer, EMPTY, takeWhile } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { honest, type Player } from '../index.ts';
import { fateAmong } from './fate.ts';
import { flaps } from './keeping.ts';
import { prompt } from './reluctant.ts';

const size = { pieces: 8, blocksPerPiece: 4 };

/** Hangs up on the first callers. */
const hangsUpFirst = (times: number, player: Player): Player => {
  let calls = 0;
  return (heard$, cast) => defer(() => (++calls <= times ? EMPTY : player(heard$, cast)));
};

describe('a peer that no other can replace', () => {
  it('is called again after 5, 10 and 20 seconds, whatever it did, when it is the only one', () => {
    const { took } = fateAmong([hangsUpFirst(3, prompt)], { size });
    expect(took).toBeGreaterThan(35_000);
    expect(took).toBeLessThan(36_000);
  });

  it('is called again in seconds when it had a piece that no other peer has', () => {
    const others = honest({ has: [0, 1, 2, 3, 4, 5, 6] });
    let calls = 0;
    // Twice it says what it has, and goes instead of giving anything.
    const goes =
      (player: Player): Player =>
      (heard$, cast) =>
        player(heard$, cast).pipe(takeWhile((said) => !('type' in said && said.type === 'piece')));
    const rare: Player = (heard$, cast) => defer(() => (++calls <= 2 ? goes(prompt) : prompt)(heard$, cast));
    const { took } = fateAmong([rare, others, others, others], { size });
    expect(took).toBeLessThan(16_000);
  });

  it('is neither banned nor left for long, though it flaps beside others', () => {
    const others = honest({ has: [0, 1, 2, 3] });
    const { took, leavings } = fateAmong([flaps(12, 100), others, others], { size });
    expect(took).toBeLessThan(4_000);
    expect(leavings(0)).toEqual([]);
  });
});
