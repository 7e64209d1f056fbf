import { defer, Observable, type Observer, type OperatorFunction, Subscription, timer } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { PeerAddress } from '../src/contracts/network.ts';
import { InvariantError, PeerError, verdict } from '../src/contracts/errors.ts';
import type { AddressBook, Admission } from '../src/torrent/peers/addressBook.ts';
import type { ConnectionBudget } from '../src/torrent/peers/connectionBudget.ts';
import type { Funnel } from '../src/torrent/stats/funnel.ts';

export interface SwarmOptions {
  /** Which peers can be dialled, and when. */
  readonly book: AddressBook<PeerAddress>;
  /** Sessions at one time. */
  readonly maxPeers: number;
  /**
   * Hears by how many sessions the swarm is short of `enough` when the book has nobody to dial; 0 when it is no longer.
   */
  readonly wanted?: Pick<Observer<number>, 'next'>;
  /** Sessions below which more addresses are wanted. `maxPeers` unless given. */
  readonly enough?: number;
  /** Hears of each session that is over, and why; no error: they hung up. */
  readonly ended?: (address: PeerAddress, error?: unknown) => void;
  /** Counts the peers that are dialled, and those that are lost and why. */
  readonly funnel?: Pick<Funnel<string>, 'reached' | 'lost'>;
  /** Shares connections and dials with other swarms. */
  readonly budget?: Pick<ConnectionBudget, 'join'> | undefined;
}

/**
 * Keeps a number of sessions with peers going and replaces each that ends.
 *
 * ```
 * source  (abc)
 * a       --x|
 * b          #
 * c          ---y|
 * gives   --x---y--    with maxPeers 1
 * ```
 *
 * A session that fails is judged by `verdict`: its address rests and is tried again, is dropped, or is banned. None of
 * these ends the stream; only `fatal` does. A session is over when all of it is undone: there are never more than
 * `maxPeers`. A peer that has called us (`wire$`) is not dialled: its session begins at once, or never if there is no
 * place. Completes when the source has completed, no session is left and none is to come.
 *
 * Not `mergeMap(session, n)`: its queue has neither limit nor view, and it hangs when hundreds of queued sessions fail
 * at once.
 *
 * @example
 * const session = (address: PeerAddress) => env.connect(address).pipe(handshake(identity), main);
 * addresses$.pipe(distinctPeers(), swarm(session, { book: new AddressBook<PeerAddress>(), maxPeers: 50 }));
 */
export const swarm =
  <T>(
    session: (address: PeerAddress) => Observable<T>,
    { book, maxPeers, wanted, enough = maxPeers, ended, funnel, budget }: SwarmOptions,
  ): OperatorFunction<PeerAddress, T> =>
  (addresses) =>
    new Observable((subscriber) => {
      let sessions = 0;
      let short = 0;
      let over = false;
      let filling = false;
      let again = false;
      let nap = Subscription.EMPTY;

      const fill = (): void => {
        again = true;
        // A session may end while it begins; a loop, not a recursion, begins the next.
        if (filling) return;
        filling = true;
        while (again && !subscriber.closed) {
          again = false;
          for (let address = next(); address !== undefined; address = next()) begin(address);
        }
        filling = false;
        if (!subscriber.closed) rest();
      };
      const open = new Set<Subscription>();
      const places = budget?.join({ wake: () => fill(), shed: () => [...open].at(-1)?.unsubscribe() });
      const next = (): PeerAddress | undefined => {
        if (sessions >= maxPeers || subscriber.closed) return undefined;
        // A place is asked for only if there is somebody to be dialled: others may have to give one up.
        return places === undefined || (book.offers(now()) && places.dial(now())) ? book.take(now()) : undefined;
      };
      const rest = (): void => {
        const shortBy = book.exhausted ? Math.max(0, enough - sessions) : 0;
        // What hears this may have an address at once, and then `fill` and `rest` have run inside of it.
        if (shortBy !== short) wanted?.next((short = shortBy));
        nap.unsubscribe();
        if (sessions >= maxPeers) return;
        const waits = book.waiting > 0;
        const wait = Math.min(book.nextIn(now()) ?? Infinity, (waits ? places?.nextIn(now()) : undefined) ?? Infinity);
        if (wait < Infinity && !subscriber.closed) subscriber.add((nap = timer(wait).subscribe(fill)));
        else if (over && sessions === 0 && !(waits && places)) subscriber.complete();
      };
      const admit = (address: PeerAddress): Admission => {
        if (sessions >= maxPeers || places?.answer() === false) return 'full';
        const admission = book.admit(address);
        if (admission !== 'added') places?.give();
        return admission;
      };
      const begin = (address: PeerAddress): void => {
        let useful = false;
        let error: unknown;
        sessions++;
        funnel?.reached(address, 'dialled');
        const end = (): void => {
          sessions--;
          open.delete(running);
          if (subscriber.closed) return;
          const ending = error === undefined ? 'closed' : verdict(error);
          const cause = error instanceof PeerError ? error.code : ending;
          book.ended(address, ending, useful, now(), cause);
          funnel?.lost(address, cause);
          ended?.(address, error);
          places?.give();
          if (ending === 'fatal') subscriber.error(error);
          else fill();
        };
        const next = (value: T): void => {
          useful = true;
          subscriber.next(value);
        };
        const fail = (cause: unknown): void =>
          void (error = cause ?? new InvariantError('a session failed without an error'));
        const running = defer(() => session(address)).subscribe({ next, error: fail });
        subscriber.add(running);
        open.add(running);
        // Last of all that is undone at the end of a session: so the next one does not begin before.
        running.add(end);
      };

      subscriber.add(() => nap.unsubscribe());
      subscriber.add(() => places?.leave());
      subscriber.add(
        addresses.subscribe({
          next: (address) => {
            const admission = address.wire$ === undefined ? book.add(address) : admit(address);
            if (admission !== 'added') return admission === 'known' ? undefined : funnel?.lost(address, admission);
            if (address.wire$ === undefined) fill();
            else begin(address);
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            over = true;
            fill();
          },
        }),
      );
      if (!subscriber.closed) fill();
    });
