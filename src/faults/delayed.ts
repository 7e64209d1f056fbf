import { type Fault, fault, type FaultOptions, NETWORK } from './fault.ts';
import { late } from './late.ts';

export interface DelayedOptions extends FaultOptions {
  /** Milliseconds by which a delay may be longer or shorter, by chance. 0 if absent. */
  readonly jitter?: number;
}

/**
 * All that the world says comes `ms` milliseconds later, so that each round trip takes so much longer: connections are
 * made later, and their bytes, datagrams and replies come later. What a connection brings stays in order.
 *
 * ```
 *   bytes          -a-b----|
 *   delayed(3)     ----a-b----|
 * ```
 *
 * It concerns the network; with `parts: ['storage']` the disk is slow to answer.
 *
 * ```ts
 * import { nodeEnv } from 'rxtorrent';
 * import { delayed } from 'rxtorrent/faults';
 *
 * const farAway = delayed(150, { jitter: 20 })(nodeEnv());
 * ```
 */
export const delayed = (ms: number, { jitter = 0, ...options }: DelayedOptions = {}): Fault =>
  fault(options, NETWORK, (it) =>
    late(it, {
      comes: () => {
        it.told();
        return jitter === 0 ? ms : Math.max(0, Math.round(ms + (2 * it.random() - 1) * jitter));
      },
    }),
  );
