import { interval, Observable, type OperatorFunction, share, switchMap, tap } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { Choking, Peer } from '../src/contracts/env.ts';
import { type Choker, ROUND } from '../src/torrent/upload/choker.ts';

export interface RechokeOptions {
  /** Hears of each choke and unchoke, and why. */
  readonly report?: (choking: Choking) => void;
}

/**
 * Chokes and unchokes each peer as the choker decides: in rounds of ten seconds for all peers at one time, and at once when somebody
 * becomes interested while a slot is free.
 *
 * ```
 * they    -I------
 * writes  -U------   while a slot is free
 * writes  - 10s U-   else, when it is their turn
 * ```
 *
 * Use one for all peers of a torrent: the rounds begin with the first of them, and end with the last. Completes when they hang up.
 *
 * @see BEP 3
 */
export const rechoke = (
  choker: Pick<Choker<Peer>, 'joined' | 'left' | 'interested' | 'round'>,
  { report }: RechokeOptions = {},
): OperatorFunction<Peer, never> => {
  const rounds$ = interval(ROUND).pipe(
    tap(() => choker.round(now())),
    share(),
  );
  return (peers) =>
    peers.pipe(
      switchMap(
        (peer) =>
          new Observable<never>((subscriber) => {
            const error = (cause: unknown): void => subscriber.error(cause);
            subscriber.add(() => choker.left(peer));
            choker.joined(peer, now(), ({ type, reason }) => {
              peer.send({ type });
              report?.({ type, address: peer.address, reason });
            });
            subscriber.add(
              peer.talk$.subscribe({
                next: ({ type }) => {
                  if (type === 'interested') choker.interested(peer, now());
                },
                error,
                complete: () => subscriber.complete(),
              }),
            );
            subscriber.add(rounds$.subscribe({ error }));
          }),
      ),
    );
};
