import { now } from '../contracts/clock.ts';
import { type Fault, fault, type FaultOptions, NETWORK } from './fault.ts';
import { late } from './late.ts';

/** Bytes a second; what is absent is not limited. */
export interface Rates {
  /** What we receive, or read. */
  readonly down?: number;
  /** What we send, or write. */
  readonly up?: number;
}

/** Milliseconds of its rate that a line keeps waiting before datagrams are lost. */
const QUEUE = 1000;

/** A line that is busy with each byte for a while. Depends on the time; it is never busy in the past. */
class Pace {
  readonly #rate: number;
  #until = 0;

  constructor(rate: number) {
    this.#rate = rate;
  }

  /** Milliseconds until `size` bytes are through; a datagram for which the line has no room is lost. */
  take(size: number, isDatagram: boolean): number {
    const start = Math.max(now(), this.#until);
    if (isDatagram && start - now() > QUEUE) return Infinity;
    this.#until = start + (size * 1000) / this.#rate;
    return this.#until - now();
  }
}

const WRITES = new Set(['write', 'writev', 'save']);

/**
 * A line that carries no more than `rates` bytes a second, one number for both directions, over all connections
 * together. What is too much waits; datagrams are lost where more than a second's worth waits.
 *
 * ```
 *   bytes             -(abc)--------|    1000 bytes each
 *   throttled(1e6)    -- a-b-c------|
 * ```
 *
 * It concerns the network; with `parts: ['storage']` it is the disk that reads (`down`) and writes (`up`) slowly.
 */
export const throttled = (rates: number | Rates, options: FaultOptions = {}): Fault =>
  fault(options, NETWORK, (it) => {
    const { down = Infinity, up = Infinity } = typeof rates === 'number' ? { down: rates, up: rates } : rates;
    const [coming, going] = [new Pace(down), new Pace(up)];
    const taken = (line: Pace, size: number, isDatagram: boolean): number => {
      const wait = line.take(size, isDatagram);
      if (wait > 0) it.told();
      return wait;
    };
    return late(it, {
      comes: (size, { what }) => taken(WRITES.has(what) ? going : coming, size, what === 'datagrams'),
      goes: (size, { what }) => taken(going, size, what === 'udp'),
    });
  });
