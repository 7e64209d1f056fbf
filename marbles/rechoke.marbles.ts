import {
  concat,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  type OperatorFunction,
  Subject,
  takeUntil,
  timer,
} from 'rxjs';
import { describe, it } from 'vitest';
import { rechoke } from '../operators/rechoke.ts';
import { now } from '../src/contracts/clock.ts';
import type { Choking } from '../src/contracts/events.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { Choker, type ChokerOptions } from '../src/torrent/upload/choker.ts';
import type { ChokeStrategy } from '../src/torrent/upload/chokeStrategy.ts';
import { drawn } from './index.ts';

const open = (peer: Peer): Observable<Peer> => concat(of(peer), NEVER);
const chokerOf = (options: Partial<ChokerOptions> = {}): Choker<Peer> =>
  new Choker<Peer>({ random: () => 0.5, pieceLength: 32_768, ...options });
/** A strategy that serves `friend`, and no other. */
const only =
  (friend: Peer): ChokeStrategy =>
  (contenders) =>
    new Map(contenders.filter(({ address }) => address.host === friend.address.host).map((one) => [one, 'friend']));
const reset = { name: 'PeerError', code: 'reset' };

describe('rechoke', () => {
  it(
    'unchokes at once a peer that becomes interested while a slot is free',
    drawn(({ peer, gives, sends }) => {
      const they = peer('-I---|');
      const writes = '   -U';
      const result = '   -----|';
      gives(of(they).pipe(rechoke(chokerOf()))).toBe(result);
      sends(they).toBe(writes);
    }),
  );

  it(
    'unchokes in the next round a peer that becomes interested when no slot is free: others had their turn',
    drawn(({ peer, gives, sends }) => {
      const one = peer('  -I     ');
      const other = peer('--I    ');
      const first = '     -U 69998ms C';
      const second = '    70s U';
      const all$ = merge(of(one), of(other), NEVER).pipe(rechokeAll(chokerOf({ slots: 1, seeding: () => true })));
      gives(all$, '^ 75s !').toBe('-');
      sends(one).toBe(first);
      sends(other).toBe(second);
    }),
  );

  it(
    'chokes in the next round a peer that is no longer interested, however often it changes its mind',
    drawn(({ peer, gives, sends }) => {
      const they = peer('-I-N-I-N 9995ms I');
      const writes = '   -U 9998ms    C--U';
      gives(open(they).pipe(rechoke(chokerOf())), '^ 11s !').toBe('-');
      sends(they).toBe(writes);
    }),
  );

  it(
    'tells of each choke and unchoke, and why',
    drawn(({ peer, gives }) => {
      const told$ = new Subject<Choking>();
      const they = peer('-I-N');
      const events = '   -u 9998ms c';
      const address = they.address;
      gives(open(they).pipe(rechoke(chokerOf(), { report: (event) => told$.next(event) })), '^ 15s !').toBe('-');
      gives(told$, '^ 15s !').toBe(events, {
        u: { type: 'unchoke', address, reason: 'free-slot' },
        c: { type: 'choke', address, reason: 'not-interested' },
      });
    }),
  );

  it(
    'does as a strategy of your own says: a peer that it does not name has no free slot, either',
    drawn(({ peer, gives, sends }) => {
      const [nice, other] = [peer('-I'), peer('-I')];
      gives(merge(of(nice), of(other), NEVER).pipe(rechokeAll(chokerOf({ strategy: only(nice) }))), '^ 35s !').toBe(
        '-',
      );
      sends(nice).toBe('-U');
      sends(other).toBe('-');
    }),
  );

  it(
    'asks a strategy of your own about a peer once a second, and in each round, however often it changes its mind',
    drawn(({ peer, gives, sends }) => {
      const they = peer('-I-N-I-N 993ms I');
      let asked = 0;
      const strategy: ChokeStrategy = () => (asked++, new Map());
      gives(open(they).pipe(rechoke(chokerOf({ strategy }))), '^ 9s !').toBe('-');
      gives(timer(9000).pipe(map(() => asked))).toBe('9s (n|)', { n: 2 });
      sends(they).toBe('-');
    }),
  );

  it(
    'obeys another strategy, and another number of slots, at once',
    drawn(({ peer, gives, sends }) => {
      const [nice, other] = [peer('-I'), peer('-I')];
      const choker = chokerOf();
      gives(merge(of(nice), of(other), NEVER).pipe(rechokeAll(choker)), '^ 35s !').toBe('-');
      timer(3).subscribe(() => choker.use({ strategy: only(nice) }, now()));
      timer(6).subscribe(() => choker.use({ slots: 0 }, now()));
      timer(9).subscribe(() => choker.use({ strategy: undefined, slots: undefined }, now()));
      sends(nice).toBe(' -U----C--U');
      sends(other).toBe('-U-C-----U');
    }),
  );

  it(
    'waits for a peer that never comes, ends without one, and fails with the source or the peer',
    drawn(({ peer, cold, gives }) => {
      const rechoking = rechoke(chokerOf());
      gives(cold<Peer>('-').pipe(rechoking), '^ 1m !').toBe('-');
      gives(cold<Peer>('-|').pipe(rechoking)).toBe('-|');
      gives(cold<Peer>('-#', {}, new PeerError('reset', '')).pipe(rechoking)).toBe('-#', undefined, reset);
      gives(of(peer('-I-#')).pipe(rechoking)).toBe('---#', undefined, reset);
    }),
  );

  it(
    'gives the slot of a peer that leaves at once to the one that has been choked longest',
    drawn(({ peer, gives, sends }) => {
      const [one, other, late] = [peer('-I---|'), peer('--I---|'), peer('---I')];
      const choker = chokerOf({ slots: 1 });
      gives(merge(of(one), of(other), of(late), NEVER).pipe(rechokeEach(choker)), '^ 9s !').toBe('-');
      sends(one).toBe('  -U');
      sends(other).toBe('-----U');
      sends(late).toBe(' ------U');
    }),
  );

  it(
    'asks a strategy of your own for whom the slot of a peer that leaves is',
    drawn(({ peer, gives, sends }) => {
      const [one, other, nice] = [peer('-I---|'), peer('--I'), peer('---I')];
      const strategy: ChokeStrategy = (contenders) =>
        new Map(contenders.filter(({ address }) => address.host !== other.address.host).map((peer) => [peer, 'mine']));
      gives(
        merge(of(one), of(other), of(nice), NEVER).pipe(rechokeEach(chokerOf({ slots: 1, strategy }))),
        '^ 9s !',
      ).toBe('-');
      sends(one).toBe('  -U');
      sends(other).toBe('-');
      sends(nice).toBe(' -----U');
    }),
  );

  it(
    'frees the slot of a peer that leaves, or when unsubscribed',
    drawn(({ peer, gives, sends, expectSubscriptions }) => {
      const choker = chokerOf({ slots: 1 });
      const [one, two, three] = [peer('-I--|'), peer('-----I'), peer('----------I')];
      gives(of(one).pipe(rechoke(choker))).toBe('----|');
      gives(open(two).pipe(rechoke(choker)), '^-------!').toBe('-');
      gives(open(three).pipe(rechoke(choker)), '^--------------!').toBe('-');
      sends(one).toBe('  -U');
      sends(two).toBe('  -----U');
      sends(three).toBe('----------U');
      expectSubscriptions(two.subscriptions).toBe('^-------!');
    }),
  );

  it(
    'may be ended by what it says',
    drawn(({ peer, gives, sends }) => {
      const they = peer('-I---I');
      const enough$ = new Subject<void>();
      gives(open(they).pipe(rechoke(chokerOf(), { report: () => enough$.next() }), takeUntil(enough$))).toBe('-|');
      sends(they).toBe('-U');
    }),
  );
});

/** Each peer for itself, as in sessions. */
const rechokeAll = (choker: Choker<Peer>): OperatorFunction<Peer, never> => {
  const rechoking = rechoke(choker);
  return mergeMap((peer) => open(peer).pipe(rechoking));
};

/** The same, but each ends when its peer leaves. */
const rechokeEach = (choker: Choker<Peer>): OperatorFunction<Peer, never> => {
  const rechoking = rechoke(choker);
  return mergeMap((peer) => of(peer).pipe(rechoking));
};
