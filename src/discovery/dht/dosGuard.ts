/**
 * Maximum number of packets from one address within the following number of milliseconds; answers to our own queries do
 * not count.
 */
export const MAX_PACKETS = 50;
export const WINDOW = 10_000;
/** Milliseconds for which an address that sent more is ignored. */
export const IGNORED = 5 * 60_000;
/** Maximum number of addresses that are counted; the one that began least recently is forgotten first. */
export const MAX_HOSTS = 4096;
/**
 * Maximum number of answers per second to all nodes together, and of their bytes; what was not used in the last ten
 * seconds may be used at once.
 */
export const MAX_ANSWERS = 100;
export const MAX_ANSWER_BYTES = 8000;
const SAVED_SECONDS = 10;

interface Count {
  packets: number;
  since: number;
  ignoredUntil: number;
}

/**
 * Decides which packets are processed and answered. Depends on how much each address sent in the last ten seconds, and
 * on how much we have answered to all in the last seconds. Invariant: at most {@link MAX_HOSTS} addresses are
 * remembered, and no more answers are saved up than may be.
 */
export class DosGuard {
  readonly #counts = new Map<string, Count>();
  #answers = MAX_ANSWERS;
  #bytes = MAX_ANSWER_BYTES * SAVED_SECONDS;
  #since = -Infinity;

  get hosts(): number {
    return this.#counts.size;
  }

  isIgnored(host: string, now: number): boolean {
    const left = (this.#counts.get(host)?.ignoredUntil ?? -Infinity) - now;
    // A clock that is set back makes nobody be ignored for longer.
    return left > 0 && left <= IGNORED;
  }

  /** An address has sent a packet that we did not ask for. False if it exceeds its limit. */
  received(host: string, now: number): boolean {
    let count = this.#counts.get(host);
    if (!count || Math.abs(now - count.since) >= WINDOW) {
      // Moved to the end, so that addresses that go on sending are remembered.
      this.#counts.delete(host);
      count = { packets: 0, since: now, ignoredUntil: -Infinity };
      this.#counts.set(host, count);
      const [oldest] = this.#counts.keys();
      if (this.#counts.size > MAX_HOSTS && oldest !== undefined) this.#counts.delete(oldest);
    }
    if (++count.packets <= MAX_PACKETS) return true;
    count.ignoredUntil = now + IGNORED;
    return false;
  }

  /** May we send one more answer now? If so, the caller must report the length of the answer. */
  mayAnswer(now: number): boolean {
    // A clock that is set back neither gains nor loses anything.
    const seconds = Math.max(0, now - this.#since) / 1000;
    this.#since = now;
    this.#answers = Math.min(MAX_ANSWERS, this.#answers + seconds * MAX_ANSWERS);
    this.#bytes = Math.min(MAX_ANSWER_BYTES * SAVED_SECONDS, this.#bytes + seconds * MAX_ANSWER_BYTES);
    return this.#answers >= 1 && this.#bytes > 0;
  }

  answered(bytes: number): void {
    this.#answers--;
    this.#bytes -= bytes;
  }

  check(): void {
    if (this.#counts.size > MAX_HOSTS) throw new RangeError(`${this.#counts.size} addresses are remembered`);
    if (this.#answers > MAX_ANSWERS || this.#bytes > MAX_ANSWER_BYTES * SAVED_SECONDS)
      throw new RangeError(`${this.#answers} answers and ${this.#bytes} bytes are saved up`);
  }
}
