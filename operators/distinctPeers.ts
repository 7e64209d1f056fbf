import { filter, type MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { PeerAddress } from '../src/env.ts';

/** Addresses remembered; the one not heard of for longest is forgotten first. */
export const REMEMBERED = 4096;

/**
 * Lets each address through once, whoever named it.
 *
 * ```
 *   source  a-b-a-c|
 *   result  a-b---c|
 * ```
 *
 * Two addresses are the same if host and port are; the source does not count, the first one wins. A peer that called us
 * (`wire$`) always passes and is not remembered: its port is a passing one and its connection is open already. Of 4096
 * addresses the least recently named is forgotten, so one may come a second time after that. Errors are those of the source.
 */
export const distinctPeers = (): MonoTypeOperatorFunction<PeerAddress> => (source) =>
  new Observable((subscriber) => {
    const seen = new Set<string>();
    const isNew = (key: string): boolean => {
      const known = seen.delete(key);
      seen.add(key);
      const [oldest] = seen;
      if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest);
      return !known;
    };
    return source.pipe(filter(({ host, port, wire$ }) => wire$ !== undefined || isNew(`${host.toLowerCase()} ${port}`))).subscribe(subscriber);
  });
