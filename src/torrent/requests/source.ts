import type { Message } from '../../protocol/peer/messages.ts';
import type { Bitfield } from '../bitfield.ts';
import type { Allowance } from '../rates/tokenBucket.ts';

/** A peer that is asked. */
export interface Source {
  /**
   * `reqq` is how many requests the peer queues, if it has said so; `allowedFast` are pieces that it sends though
   * we are choked, `suggested` those it would rather give.
   */
  readonly state: {
    readonly choked: boolean;
    /** Both sides speak the fast extension (BEP 6). */
    readonly fast?: boolean;
    readonly have: Bitfield;
    readonly reqq?: number | undefined;
    readonly allowedFast?: ReadonlySet<number>;
    readonly suggested?: Set<number>;
  };
  send(...messages: readonly Message[]): boolean;
}

/** A rate limit, and what it is to call when it is our turn. */
export interface Limited {
  readonly allowance: Allowance;
  readonly wake: () => void;
}
