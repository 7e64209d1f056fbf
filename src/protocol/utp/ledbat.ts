import { DelayHistory } from './delayHistory.ts';

/** The delay in queues that is aimed at, in µs. */
export const TARGET = 100_000;
/** Bytes by which the window grows in a round trip, if nothing is queued. */
const GAIN = 3_000;
/** The bytes of one full packet; the window begins with some, and is never smaller than two. */
const PACKET = 1_400;
export const FIRST_WINDOW = 10 * PACKET;
export const MIN_WINDOW = 2 * PACKET;
export const MAX_WINDOW = 8 * 2 ** 20;
/** The part of the window that is given up in a round trip if packets wait twice as long as they should, or longer. */
const GIVES_WAY = 1 / 4;
/** What is left of the window after a loss, and after one before which packets hardly waited: that may be chance. */
const AFTER_LOSS = 0.5;
const AFTER_CHANCE = 0.7;
/** Delays below this share of the target are hardly any: until then the window doubles with each round trip. */
const HARDLY = 0.25;
/** The shortest of this many delays counts, as one packet may be held up by chance. */
const RECENT = 3;
/** Microseconds that clocks drift at most between two packets. More than that is another way through the network. */
const MAX_DRIFT = 10_000;

/**
 * How many bytes may be on their way: LEDBAT (RFC 6817), which gives way to whatever else makes queues longer. Depends
 * on how long packets took, which were acknowledged, and which were lost. Invariant: the window is within its limits.
 */
export class Ledbat {
  readonly #ours = new DelayHistory();
  readonly #theirs = new DelayHistory();
  readonly #recent: number[] = [];
  #window = FIRST_WINDOW;
  #threshold = Infinity;
  #queued = 0;
  #cutAt = -Infinity;

  /** Bytes. */
  get window(): number {
    return this.#window;
  }

  /** Microseconds that our packets wait in queues. */
  get queued(): number {
    return this.#queued;
  }

  get isStarting(): boolean {
    return this.#window < this.#threshold;
  }

  /** The other side has told how long a packet of ours was on its way. */
  delayed(delay: number, now: number): void {
    const above = this.#ours.above(delay, now);
    if (this.#recent.push(above) > RECENT) this.#recent.shift();
    this.#queued = Math.min(...this.#recent);
  }

  /**
   * A packet of theirs was on its way for this long. If the shortest one gets shorter, their clock runs ahead of ours,
   * and what they measure gets longer by as much, without any queue.
   */
  heard(delay: number, now: number): void {
    const was = this.#theirs.isEmpty ? delay : this.#theirs.base;
    this.#theirs.above(delay, now);
    const drift = (was - this.#theirs.base) | 0;
    if (drift > 0 && drift <= MAX_DRIFT) this.#ours.drifted(drift);
  }

  /** `bytes` have arrived, of `flight` that were on their way. */
  acked(bytes: number, flight: number): void {
    const isStarting = this.isStarting && this.#isHardlyQueued;
    if (this.isStarting && !isStarting) this.#threshold = this.#window;
    const room = Math.max(-1, (TARGET - this.#queued) / TARGET);
    // A window that is not used must not grow: nothing is known of how it would do.
    if (room > 0 && flight + PACKET < this.#window / 2) return;
    const gain = room > 0 ? (GAIN * room * bytes) / this.#window : GIVES_WAY * room * bytes;
    this.#window = within(this.#window + (isStarting ? bytes : gain));
  }

  get #isHardlyQueued(): boolean {
    return this.#queued < TARGET * HARDLY;
  }

  /** A packet is lost that was sent at `sentAt`; what was sent before the last cut says nothing new. */
  lost(sentAt: number, now: number): void {
    if (sentAt <= this.#cutAt) return;
    this.#cutAt = now;
    this.#window = this.#threshold = within(this.#window * (this.#isHardlyQueued ? AFTER_CHANCE : AFTER_LOSS));
  }

  /** Nothing has been heard for a whole timeout: it begins anew. */
  timedOut(now: number): void {
    this.#cutAt = now;
    this.#threshold = within(this.#window * AFTER_LOSS);
    this.#window = MIN_WINDOW;
  }

  /** Nothing was sent for a while: what the network can take may have changed. */
  rested(): void {
    if (this.#window <= FIRST_WINDOW) return;
    this.#threshold = Math.max(this.#window, FIRST_WINDOW);
    this.#window = FIRST_WINDOW;
  }

  check(): void {
    if (!(this.#window >= MIN_WINDOW && this.#window <= MAX_WINDOW)) throw new RangeError(`window ${this.#window}`);
  }
}

const within = (window: number): number => Math.min(MAX_WINDOW, Math.max(MIN_WINDOW, window));
