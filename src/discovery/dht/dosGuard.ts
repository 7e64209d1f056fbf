/** Packets that an address may send in that many milliseconds; answers to our own questions don't count. */
export const MAX_PACKETS = 50;
export const WINDOW = 10_000;
/** Milliseconds for which an address that sent more is ignored. */
export const IGNORED = 5 * 60_000;
/** Addresses that are counted; the one that began least recently is forgotten first. */
export const MAX_HOSTS = 4096;
/** Answers a second, to all together. */
export const MAX_ANSWERS = 100;

interface Count {
  packets: number;
  since: number;
  ignoredUntil: number;
}

/**
 * Who may have our attention. Depends on: what each address sent in the last ten seconds, and what we sent to all in the last
 * one. Invariant: at most 4096 addresses are remembered.
 */
export class DosGuard {
  readonly #counts = new Map<string, Count>();
  #answers = MAX_ANSWERS;
  #answersAt = -Infinity;

  get hosts(): number {
    return this.#counts.size;
  }

  isIgnored(host: string, now: number): boolean {
    return (this.#counts.get(host)?.ignoredUntil ?? -Infinity) > now;
  }

  /** It has sent a packet that we did not ask for. False if that was one too many. */
  received(host: string, now: number): boolean {
    let count = this.#counts.get(host);
    if (!count || now - count.since >= WINDOW) {
      // At the end again: those who go on are remembered.
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

  /** May we answer one more now? */
  mayAnswer(now: number): boolean {
    this.#answers = Math.min(MAX_ANSWERS, this.#answers + ((now - this.#answersAt) * MAX_ANSWERS) / 1000);
    this.#answersAt = now;
    if (this.#answers < 1) return false;
    this.#answers--;
    return true;
  }
}
