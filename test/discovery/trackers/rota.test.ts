import fc from 'fast-check';
import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Rota, type Taker } from '../../../src/discovery/trackers/rota.ts';

describe('the turns of tiers', () => {
  it('always come to one that may work, and to all before it', () => {
    const works = fc.array(fc.constantFrom(true, false, undefined), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(works, fc.boolean(), (tiers, wanted) => {
        const rota = new Rota(
          tiers.map((each): Taker => ({ works: each, due: false })),
          () => 1_500,
        );
        const running = rota.run(of(wanted ? 1 : 0)).subscribe();
        rota.check();
        const first = tiers.findIndex((each) => each !== false);
        expect(rota.open).toBeGreaterThanOrEqual(first < 0 ? tiers.length : first + 1);
        running.unsubscribe();
      }),
    );
  });

  it('come to a tier that has something to say, too', () => {
    const rota = new Rota(
      [
        { works: true, due: false },
        { works: true, due: true },
      ],
      () => 1_500,
    );
    const turns: number[] = [];
    for (const at of [0, 1]) rota.turn(at).subscribe(() => turns.push(at));
    expect([turns, rota.open]).toEqual([[0, 1], 1]);
    rota.check();
  });
});
