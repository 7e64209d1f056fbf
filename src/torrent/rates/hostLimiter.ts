import { meantIp, PUBLIC, reachOf } from '../../protocol/encoding/reach.ts';

/** How often something may happen: so often a second, and so often at once after a pause. */
export interface Frequency {
  readonly rate: number;
  readonly burst: number;
}

export interface HostLimits {
  /** Of one public host. */
  readonly host: Frequency;
  /** Of one host on this machine or in a local network. */
  readonly nearby: Frequency;
  /** Of all hosts together. */
  readonly all: Frequency;
  /** Maximum number of hosts remembered; the one that came longest ago is forgotten first. */
  readonly remembered: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * Limits how often hosts may do something. Depends on how often the host has done it within the last seconds, and how
 * often all hosts have. Invariant: no more hosts are remembered than the limits say, and none has saved up more than it
 * may. An IPv6 host is its /64, since a host that has one of its addresses can use all of them.
 */
export class HostLimiter {
  readonly #hosts = new Map<string, Bucket>();
  readonly #all: Bucket;
  readonly #limits: HostLimits;

  constructor(limits: HostLimits) {
    this.#limits = limits;
    this.#all = { tokens: limits.all.burst, at: 0 };
  }

  get remembered(): number {
    return this.#hosts.size;
  }

  /** May `host` do it at `now` (ms)? */
  admits(host: string, now: number): boolean {
    const { all, remembered } = this.#limits;
    const key = networkOf(host);
    const each = reachOf(host) === PUBLIC ? this.#limits.host : this.#limits.nearby;
    const bucket = this.#hosts.get(key) ?? { tokens: each.burst, at: now };
    this.#hosts.delete(key);
    this.#hosts.set(key, bucket);
    const [oldest] = this.#hosts.keys();
    if (this.#hosts.size > remembered && oldest !== undefined) this.#hosts.delete(oldest);
    // A host that comes too often does not use up the limit of the others.
    return takes(bucket, each, now) && takes(this.#all, all, now);
  }

  check(): void {
    const { all, host, nearby, remembered } = this.#limits;
    if (this.#hosts.size > remembered) throw new RangeError(`${this.#hosts.size} hosts are remembered`);
    for (const { tokens } of [...this.#hosts.values(), this.#all])
      if (tokens < 0 || tokens > Math.max(all.burst, host.burst, nearby.burst))
        throw new RangeError(`${tokens} are saved up`);
  }
}

const takes = (bucket: Bucket, { rate, burst }: Frequency, now: number): boolean => {
  // A clock that is set back neither gains nor loses anything.
  bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) * rate) / 1000);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens--;
  return true;
};

const networkOf = (host: string): string => {
  const ip = meantIp(host);
  return ip?.subarray(0, 8).join('.') ?? host;
};
