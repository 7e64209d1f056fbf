import { type Fault, fault, type FaultOptions, NETWORK } from './fault.ts';
import { late } from './late.ts';

export interface LossyOptions extends FaultOptions {
  /** Milliseconds until what a connection has lost is sent again. Default 200. */
  readonly again?: number;
}

/** Bytes of a connection that travel as one packet. */
const PACKET = 1448;
const AGAIN = 200;
/** Milliseconds until a call that was lost is made again. */
const CALL_AGAIN = 1000;

/**
 * Packets are lost, the fraction `rate` of them, 0 to 1, in both directions. A datagram that is lost is never seen
 * again. A connection loses nothing: it sends again what was lost, and whatever comes after that waits.
 *
 * ```
 *   datagrams                  -a-b-c-d-|
 *   lossy(0.5)                 -a-----d-|
 *   bytes                      -a-b-c-d-|
 *   lossy(0.5, { again: 3 })   -a----(bc)d-|
 * ```
 *
 * It concerns the network only: connections, datagrams, HTTP.
 */
export const lossy = (rate: number, { again = AGAIN, ...options }: LossyOptions = {}): Fault =>
  fault({ ...options, parts: (options.parts ?? NETWORK).filter((part) => part !== 'storage') }, NETWORK, (it) => {
    const lost = (size: number): boolean => {
      const isLost = it.random() >= (1 - rate) ** Math.max(1, Math.ceil(size / PACKET));
      if (isLost) it.told();
      return isLost;
    };
    const goes = (size: number, isDatagram: boolean): number => (!lost(size) ? 0 : isDatagram ? Infinity : again);
    return late(it, {
      comes: (size, { what }) => {
        if (what === 'connect') return lost(0) ? CALL_AGAIN : 0;
        return goes(what === 'datagrams' ? 0 : size, what === 'datagrams');
      },
      goes: (size, { what }) => goes(what === 'udp' ? 0 : size, what === 'udp'),
    });
  });
