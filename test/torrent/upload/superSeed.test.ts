import { describe, expect, it } from 'vitest';
import { Bitfield } from '../../../src/torrent/bitfield.ts';
import { SuperSeed, type Viewer } from '../../../src/torrent/upload/superSeed.ts';

let looks = 0;
class Watched extends Bitfield {
  override has(index: number): boolean {
    looks++;
    return super.has(index);
  }
}

const PIECES = 100;

const crowd = (count: number) => {
  const superSeed = new SuperSeed<Viewer>(PIECES, () => 0);
  const viewers = Array.from({ length: count }, () => ({
    state: { have: new Watched(PIECES) },
    shown: [] as number[],
  }));
  for (const viewer of viewers) superSeed.joined(viewer, (piece) => viewer.shown.push(piece));
  looks = 0;
  return { superSeed, viewers };
};

describe('a super-seed in a crowd', () => {
  it('looks at those alone who are shown the piece that somebody has got', () => {
    const { superSeed, viewers } = crowd(50);
    const [first, second] = viewers as [(typeof viewers)[0], (typeof viewers)[0]];
    second.state.have.set(PIECES - 1);
    superSeed.gained(PIECES - 1);
    expect(looks).toBe(0);
    second.state.have.set(first.shown[0] as number);
    superSeed.gained(first.shown[0]);
    expect(viewers.map(({ shown }) => shown.length)).toEqual([2, ...new Array<number>(49).fill(1)]);
  });

  it('does not look through all pieces for who has all, whatever others get', () => {
    const { superSeed, viewers } = crowd(2);
    const [full, other] = viewers as [(typeof viewers)[0], (typeof viewers)[0]];
    full.state.have.setAll();
    superSeed.gained();
    other.state.have.set(PIECES - 1);
    looks = 0;
    superSeed.gained(PIECES - 1);
    expect(looks).toBe(0);
  });

  it('gives those who can not call each other all of it, one piece in three looks', () => {
    const { superSeed, viewers } = crowd(2);
    for (let look = 0; look < 3 * PIECES; look++) {
      for (const { state, shown } of viewers) state.have.set(shown.at(-1) as number);
      for (const viewer of viewers) superSeed.waited(viewer);
      expect(viewers.every(({ shown }) => shown.length <= 2 + look / 3)).toBe(true);
    }
    expect(viewers.every(({ state }) => state.have.full)).toBe(true);
  });

  it('waits for who has not got its piece yet, however long that takes', () => {
    const { superSeed, viewers } = crowd(2);
    for (let look = 0; look < 10; look++) for (const viewer of viewers) superSeed.waited(viewer);
    expect(viewers.map(({ shown }) => shown.length)).toEqual([1, 1]);
  });
});
