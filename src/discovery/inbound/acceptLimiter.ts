import { meantIp, PUBLIC, reachOf } from '../../protocol/encoding/reach.ts';

/** Maximum number of accepted connections per second; twice as many may accumulate during a pause. */
export const CALL_RATE = 200;
/** The same for one public host. */
export const CALL_RATE_PER_HOST = 20;
/** How many one such host may accumulate: it may have a whole household of peers behind it. */
export const CALL_BURST_PER_HOST = 100;
/**
 * The same for hosts on this machine and in local networks, where one process may have hundreds of torrents in common
 * with us.
 */
export const CALL_RATE_NEARBY = 100;
export const CALL_BURST_NEARBY = 300;
/** Maximum number of hosts remembered; the one that called longest ago is forgotten first. */
export const MAX_CALLERS = 1000;

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * Limits the rate of incoming connections. Depends on how often the host has called within the last seconds, and how
 * often all hosts have. Invariant: at most {@link MAX_CALLERS} hosts are remembered, and none has saved up more calls
 * than it may. An IPv6 host is its /64, since whoever has one of its addresses can use all of them.
 */
export class AcceptLimiter {
  readonly #hosts = new Map<string, Bucket>();
  readonly #all: Bucket = { tokens: 2 * CALL_RATE, at: 0 };

  get remembered(): number {
    return this.#hosts.size;
  }

  /** Is an incoming connection at `now` (ms) accepted? */
  admits(host: string, now: number): boolean {
    const key = networkOf(host);
    const [rate, most] =
      reachOf(host) === PUBLIC ? [CALL_RATE_PER_HOST, CALL_BURST_PER_HOST] : [CALL_RATE_NEARBY, CALL_BURST_NEARBY];
    const bucket = this.#hosts.get(key) ?? { tokens: most, at: now };
    this.#hosts.delete(key);
    this.#hosts.set(key, bucket);
    const [oldest] = this.#hosts.keys();
    if (this.#hosts.size > MAX_CALLERS && oldest !== undefined) this.#hosts.delete(oldest);
    // A host that calls too often does not use up the limit of the others.
    return takes(bucket, rate, most, now) && takes(this.#all, CALL_RATE, 2 * CALL_RATE, now);
  }

  check(): void {
    if (this.#hosts.size > MAX_CALLERS) throw new RangeError(`${this.#hosts.size} hosts are remembered`);
    for (const { tokens } of [...this.#hosts.values(), this.#all])
      if (tokens < 0 || tokens > Math.max(CALL_BURST_NEARBY, 2 * CALL_RATE))
        throw new RangeError(`${tokens} calls are saved up`);
  }
}

const takes = (bucket: Bucket, rate: number, most: number, now: number): boolean => {
  bucket.tokens = Math.min(most, bucket.tokens + ((now - bucket.at) * rate) / 1000);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens--;
  return true;
};

const networkOf = (host: string): string => {
  const ip = meantIp(host);
  return ip?.subarray(0, 8).join('.') ?? host;
};
