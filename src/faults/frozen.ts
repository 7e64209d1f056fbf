import { now } from '../contracts/clock.ts';
import { type Fault, fault, type FaultOptions, NETWORK } from './fault.ts';
import { late } from './late.ts';

export interface FrozenOptions extends FaultOptions {
  /** Milliseconds from one freeze to the next, on an average. Default: ten times as long as one lasts. */
  readonly every?: number;
}

/**
 * Again and again nothing gets in or out for `lasts` milliseconds, like a cable that is pulled and put back.
 * Connections stay open: what they bring, and what we send, goes on afterwards. Datagrams are lost.
 *
 * ```
 *   bytes        -a-b-c-d-e-|
 *   frozen(4)    -a----(bc)d-e-|
 * ```
 *
 * Freezes begin by chance, half to one and a half times as far apart as `every` says. It concerns the network; with
 * `parts: ['storage']` it is the disk that falls asleep.
 */
export const frozen = (lasts: number, { every = 10 * lasts, ...options }: FrozenOptions = {}): Fault =>
  fault(options, NETWORK, (it) => {
    const pause = (): number => Math.round(Math.max(0, every - lasts) * (0.5 + it.random()));
    let begins = now() + pause();
    const left = (): number => {
      while (now() >= begins + lasts) begins += lasts + pause();
      if (now() < begins) return 0;
      it.told();
      return begins + lasts - now();
    };
    const way = (isDatagram: boolean): number => (left() > 0 ? (isDatagram ? Infinity : left()) : 0);
    return late(it, {
      comes: (_, { what }) => way(what === 'datagrams'),
      goes: (_, { what }) => way(what === 'udp'),
    });
  });
