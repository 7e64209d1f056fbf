import { Observable, type Subscriber, Subscription, timer } from 'rxjs';

/** Milliseconds that the latest attempt has alone before the next address is tried beside it (RFC 8305, section 8). */
export const ATTEMPT_DELAY = 250;
/** Addresses of one name that are dialled simultaneously. */
export const MAX_RACING = 8;

/**
 * Error codes that mean that this machine has no route there. Errors of the other addresses say more about the host.
 */
const NO_WAY = new Set(['ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/** The resolver's order, except that the families alternate after the first address (RFC 8305, section 4). */
export const interleaved = <A extends string>(addresses: readonly A[]): readonly A[] => {
  const isSix = (address: A): boolean => address.includes(':');
  const first = addresses[0] !== undefined && isSix(addresses[0]);
  const own = addresses.filter((address) => isSix(address) === first);
  const other = addresses.filter((address) => isSix(address) !== first);
  return Array.from({ length: Math.max(own.length, other.length) }, (_, at) => [own[at], other[at]]).flatMap((pair) =>
    pair.filter((address) => address !== undefined),
  );
};

/**
 * Tries the addresses of one host, or several ways to one, until one of them answers: Happy Eyeballs (RFC 8305).
 *
 * ```
 *   one     --------------w        begun at once, and never given up for the sake of another
 *   two     250ms --#              begun beside it
 *   three   250ms ---w---          begun as soon as two has failed; the first to emit wins, and one is unsubscribed
 *   result  250ms ---w---          mirrors the winner from then on
 * ```
 *
 * Each attempt keeps its own full timeout. Node's `autoSelectFamily` does not: it aborts every address but the last
 * after 250 ms, and so never reaches a distant host. At most {@link MAX_RACING} attempts run simultaneously. Errors
 * when the last attempt has failed: with the first error that is about the other side, if there is one.
 */
export const raced = <T, A extends string = string>(
  addresses: readonly A[],
  attempt: (address: A) => Observable<T>,
): Observable<T> =>
  new Observable((subscriber) => {
    const waiting = [...interleaved(addresses)];
    const running = new Set<Subscription>();
    const failures: unknown[] = [];
    let pause = Subscription.EMPTY;
    let won = false;
    const begin = (): void => {
      pause.unsubscribe();
      if (won || running.size >= MAX_RACING) return;
      const address = waiting.shift();
      if (address === undefined) return running.size === 0 ? end(subscriber, failures) : undefined;
      const life = new Subscription(() => running.delete(life));
      running.add(life);
      subscriber.add(life);
      const failed = (): void => {
        life.unsubscribe();
        begin();
      };
      const next = (value: T): void => {
        if (!won) for (const other of running) if (other !== life) other.unsubscribe();
        won = true;
        subscriber.next(value);
      };
      const error = (failure: unknown): void => {
        if (won) return subscriber.error(failure);
        failures.push(failure);
        failed();
      };
      life.add(attempt(address).subscribe({ next, error, complete: () => (won ? subscriber.complete() : failed()) }));
      // An attempt that failed synchronously has already begun the next one.
      if (!life.closed && !won) pause = timer(ATTEMPT_DELAY).subscribe(begin);
    };
    subscriber.add(() => pause.unsubscribe());
    begin();
  });

/** All attempts have failed: the first error that is about the other side says most. */
const end = (subscriber: Subscriber<unknown>, failures: readonly unknown[]): void =>
  failures.length === 0
    ? subscriber.complete()
    : subscriber.error(failures.find((each) => !isNoWay(each)) ?? failures[0]);

/** Is the error about this machine? An error that wraps the error of a socket keeps it as its cause. */
const isNoWay = (error: unknown): boolean => {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  return NO_WAY.has(String(code)) || (cause !== undefined && isNoWay(cause));
};
