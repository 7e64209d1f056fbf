import { type Fault, fault, type FaultOptions } from './fault.ts';
import { late } from './late.ts';

export interface ReorderedOptions extends FaultOptions {
  /** Milliseconds by which a datagram that is overtaken is late. Default 50. */
  readonly by?: number;
}

const BY = 50;

/**
 * Datagrams overtake each other: the fraction `rate` of them, 0 to 1, is late. Connections keep their order.
 *
 * ```
 *   datagrams                   -a-b-c-d-|
 *   reordered(0.3, { by: 3 })   -a---cb--d|
 * ```
 */
export const reordered = (rate: number, { by = BY, ...options }: ReorderedOptions = {}): Fault =>
  fault({ ...options, parts: ['udp'] }, [], (it) => {
    const way = (): number => {
      if (it.random() >= rate) return 0;
      it.told();
      return by;
    };
    return late(it, { comes: way, goes: way });
  });
