import { meantIp, PUBLIC, reachOf } from '../../protocol/encoding/reach.ts';

/** Calls a second that are listened to; twice as many may be saved up. */
export const CALL_RATE = 200;
/** The same of one host of the public internet. */
export const CALL_RATE_PER_HOST = 20;
/** What one such host may save up: a house full of peers. */
export const CALL_BURST_PER_HOST = 100;
/**
 * The same for those nearby, on this machine and in local networks: there a process may have hundreds of torrents for
 * us.
 */
export const CALL_RATE_NEARBY = 100;
export const CALL_BURST_NEARBY = 300;
/** Hosts remembered; whoever called longest ago is forgotten first. */
export const MAX_CALLERS = 1000;

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * Who is let in. Depends on: how often the host called within the last seconds, and how often all did. Invariant: at
 * most {@link MAX_CALLERS} hosts are remembered. An IPv6 host is its /64: who has one address has them all.
 */
export class AcceptLimiter {
  readonly #hosts = new Map<string, Bucket>();
  readonly #all: Bucket = { tokens: 2 * CALL_RATE, at: 0 };

  get remembered(): number {
    return this.#hosts.size;
  }

  /** One call at `now` (ms): is it to be listened to? */
  admits(host: string, now: number): boolean {
    const key = networkOf(host);
    const [rate, most] =
      reachOf(host) === PUBLIC ? [CALL_RATE_PER_HOST, CALL_BURST_PER_HOST] : [CALL_RATE_NEARBY, CALL_BURST_NEARBY];
    const bucket = this.#hosts.get(key) ?? { tokens: most, at: now };
    this.#hosts.delete(key);
    this.#hosts.set(key, bucket);
    const [oldest] = this.#hosts.keys();
    if (this.#hosts.size > MAX_CALLERS && oldest !== undefined) this.#hosts.delete(oldest);
    // Who calls too often costs the others nothing.
    return takes(bucket, rate, most, now) && takes(this.#all, CALL_RATE, 2 * CALL_RATE, now);
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
