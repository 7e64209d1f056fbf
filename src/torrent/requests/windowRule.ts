/** What is known of how one peer answers, as a rule may look at it; lent, do not keep it. */
export interface WindowView {
  /** Bytes a second, smoothed. */
  readonly rate: number;
  /** Milliseconds since it unchoked us. */
  readonly age: number;
  /** Blocks that came since then. */
  readonly received: number;
  /** Requests in flight, and how many there may be now. */
  readonly inFlight: number;
  readonly limit: number;
  /** It keeps us waiting: it is asked for one block at a time, whatever the rule says. */
  readonly snubbed: boolean;
}

/**
 * How many requests to keep in flight with a peer: a number, or a function that is asked once a second for each peer.
 * Replaces what we would choose by the peer's rate. 0 asks the peer for nothing; undefined leaves it to us. Never more
 * than the peer says it keeps (`reqq`), nor than 500.
 *
 * @example
 * const fixed: WindowRule = 10;
 * const noSlowPeers: WindowRule = ({ age, rate }) => (age > 10_000 && rate < 50_000 ? 0 : undefined);
 */
export type WindowRule = number | ((peer: WindowView) => number | undefined);

/** What `rule` says of `peer`: a whole number from 0, or undefined. */
export const ruled = (rule: WindowRule | undefined, peer: WindowView): number | undefined => {
  const said = typeof rule === 'function' ? rule(peer) : rule;
  return said === undefined || Number.isNaN(said) ? undefined : Math.max(0, Math.floor(said));
};
