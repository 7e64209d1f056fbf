import { filter, type MonoTypeOperatorFunction, Observable } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { PeerAddress } from '../src/contracts/network.ts';

export interface DistinctPeersOptions {
  /** Milliseconds after which an address that was let through is let through again. Half an hour. */
  readonly forgetAfter?: number;
}

/** Addresses remembered; the least recently named is forgotten first. */
export const REMEMBERED = 4096;

/**
 * Lets each address through once in half an hour, no matter which source named it.
 *
 * ```
 *   source  a-b-a-c|
 *   result  a-b---c|
 * ```
 *
 * Two addresses are the same if host and port are; the source does not count, the first one wins. A peer that called us
 * (`wire$`) always passes and is not remembered: its port is ephemeral and its connection is open already. So does one
 * that calls us now (`punch`). A peer may come back: after `forgetAfter`, however often it was named meanwhile, an
 * address passes again, and so does the least recently named of more than 4096. Errors are those of the source.
 *
 * @example
 * addresses$.pipe(distinctPeers({ forgetAfter: 60_000 }));
 */
export const distinctPeers =
  ({ forgetAfter = 1_800_000 }: DistinctPeersOptions = {}): MonoTypeOperatorFunction<PeerAddress> =>
  (source) =>
    new Observable((subscriber) => {
      const passed = new Map<string, number>();
      const isNew = (key: string): boolean => {
        const time = now();
        const last = passed.get(key);
        const known = last !== undefined && time - last < forgetAfter;
        passed.delete(key);
        passed.set(key, known ? last : time);
        const [oldest] = passed.keys();
        if (passed.size > REMEMBERED && oldest !== undefined) passed.delete(oldest);
        return !known;
      };
      return source
        .pipe(
          filter(
            ({ host, port, wire$, punch }) =>
              wire$ !== undefined || punch === true || isNew(`${host.toLowerCase()} ${port}`),
          ),
        )
        .subscribe(subscriber);
    });
