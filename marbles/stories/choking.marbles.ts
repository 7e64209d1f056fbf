import { concat, EMPTY, ignoreElements, interval, merge, mergeMap, NEVER, type Observable, of, tap } from 'rxjs';
import { describe, it } from 'vitest';
import { rechoke } from '../../operators/rechoke.ts';
import type { Peer } from '../../src/contracts/peer.ts';
import { Choker, type ChokerOptions } from '../../src/torrent/upload/choker.ts';
import { drawn, type DrawnPeer } from '../index.ts';

const chokerOf = (options: Partial<ChokerOptions> = {}): Choker<Peer> =>
  new Choker<Peer>({ random: () => 0.5, pieceLength: 32_768, ...options });

/** Peers that one choker serves, each of which sends so many bytes a second. */
const served = (choker: Choker<Peer>, gives: ReadonlyMap<DrawnPeer, number>): Observable<never> => {
  const rechoking = rechoke(choker);
  const given$ = interval(1000).pipe(
    tap(() => {
      for (const [{ state }, bytes] of gives) state.downloaded += bytes;
    }),
    ignoreElements(),
  );
  const peers$ = of(...gives.keys()).pipe(mergeMap((peer) => concat(of(peer), NEVER).pipe(rechoking)));
  return merge(given$, peers$, EMPTY);
};

describe('tit for tat', () => {
  it(
    'gives a chance to another peer every 30 s, and keeps that peer if it gives more than others',
    drawn(({ peer, gives, sends }) => {
      const [good, mean, late] = [peer('I'), peer('I'), peer('-I')];
      // Two slots: one for the best uploader, one optimistic. The third peer has its chance when that of the second is
      // over.
      const all = new Map([
        [good, 9000],
        [mean, 0],
        [late, 0],
      ]);
      gives(served(chokerOf({ slots: 2 }), all), '^ 45s !').toBe('-');
      sends(good).toBe('U');
      sends(mean).toBe('U 39999ms C');
      sends(late).toBe('40s U');
    }),
  );
});

describe('a seed', () => {
  it(
    'gives waiting peers their turn after a minute',
    drawn(({ peer, gives, sends }) => {
      const people = [peer('I'), peer('-I'), peer('--I')] as const;
      gives(
        served(chokerOf({ slots: 1, seeding: () => true }), new Map(people.map((one) => [one, 0]))),
        '^ 200s !',
      ).toBe('-');
      sends(people[0]).toBe('U 59999ms C 119999ms U');
      sends(people[1]).toBe('1m U 59999ms C');
      sends(people[2]).toBe('2m U 59999ms C');
    }),
  );
});
