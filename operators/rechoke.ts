import { asapScheduler, interval, type OperatorFunction, share, type Subscription, tap } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { Choking } from '../src/contracts/events.ts';
import { plainAddress } from '../src/contracts/plain.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { type Choker, ROUND } from '../src/torrent/upload/choker.ts';
import { eachPeer } from './internal/eachPeer.ts';

export interface RechokeOptions {
  /** Is called with each choke and unchoke, and its reason. */
  readonly report?: (choking: Choking) => void;
}

/**
 * Chokes and unchokes each peer as the choker decides: in rounds of ten seconds for all peers at once, and immediately
 * when a peer becomes interested while a slot is free, or waits when another leaves its slot, if the strategy leaves
 * free slots to all, or names that peer. `choker.use({ strategy, slots }, now())` takes effect immediately.
 *
 * ```
 * they    -I------
 * writes  -U------   while a slot is free
 * writes  - 10s U-   else, when it is the peer's turn
 * ```
 *
 * Use one for all peers of a torrent: the rounds begin with the first peer, and end with the last. Completes when the
 * peer hangs up.
 *
 * @example
 * const choker = new Choker<Peer>({ random: Math.random, pieceLength: torrent.pieceLength });
 * peers$.pipe(converse(main, rechoke(choker, { report: ({ type, reason }) => console.log(type, reason) })));
 *
 * @see BEP 3
 */
export const rechoke = (
  choker: Pick<Choker<Peer>, 'joined' | 'left' | 'interested' | 'round' | 'refill'>,
  { report }: RechokeOptions = {},
): OperatorFunction<Peer, never> => {
  const rounds$ = interval(ROUND).pipe(
    tap(() => choker.round(now())),
    share(),
  );
  // Once for all that leave in one turn: where they leave together, as at the end, none is unchoked before it goes.
  let refilling: Subscription | undefined;
  const refill = (): void => {
    refilling = undefined;
    choker.refill(now());
  };
  return eachPeer((peer, { subscriber, on, until }) => {
    subscriber.add(() => {
      if (choker.left(peer)) refilling ??= asapScheduler.schedule(refill);
    });
    choker.joined(peer, now(), ({ type, reason }) => {
      peer.send({ type });
      report?.({ type, address: plainAddress(peer.address), reason });
    });
    until(peer.talk$, ({ type }) => {
      if (type === 'interested') choker.interested(peer, now());
    });
    on(rounds$);
  });
};
