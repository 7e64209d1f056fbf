import { Cadence } from './cadence.ts';
import { TOLERANCE } from './depth.ts';
import { Horizon } from './horizon.ts';
import { InFlight } from './inFlight.ts';
import { LateRequests } from './lateRequests.ts';
import { FIRST_WINDOW, MAX_WINDOW, MOST_OVERTAKEN, SLOW_START_GAIN, windowFor } from './windowLimits.ts';
import { ruled, type WindowRule, type WindowView } from './windowRule.ts';
import { WrittenOff } from './writtenOff.ts';

/** Milliseconds without a block after which a peer that gave many is asked again for one that it has not sent. */
const PROBE_AFTER = 1_000;
/** Blocks after which it is looked again at those that were overtaken, if as many are in flight. */
const LOOK_EVERY = 4;
/** Milliseconds after a loss in which requests do not wait for each other: what else is in flight may be lost, too. */
const EAGER = 2_000;
const NONE: readonly number[] = [];

/**
 * How many requests to keep in flight with one peer, and when to stop waiting. Depends on the peer's rate (window =
 * rate × horizon, after a slow start that adds one for each block until blocks wait for each other) and on the mean gap
 * between its blocks (patience = mean + 4 deviations). Keys are any numbers that name a block. What was asked for
 * before a block that has come, and has not come itself, is doubted, and after a while taken to be lost. What is given
 * up goes to the late ones, which outlive the window. A rule of the user replaces what the rate says, but neither what
 * the peer keeps (`most`) nor the single request that is risked with a snubbed peer. Invariant: 1 ≤ `limit` ≤
 * {@link MAX_WINDOW}, but 0 if the rule says so.
 */
export class RequestWindow implements WindowView {
  limit = FIRST_WINDOW;
  snubbed = false;
  /** Something was lost a short time ago: half a window in flight, which may be lost as well, is not waited for. */
  #eager = false;
  #lostAt = -Infinity;
  readonly #inFlight = new InFlight();
  readonly #late: LateRequests;
  readonly writtenOff = new WrittenOff();
  /** What was asked for before this time is doubted since then, and so many blocks had come. */
  readonly #doubt = { before: -Infinity, since: 0, arrivals: 0 };
  readonly #rules: { readonly rule?: WindowRule | undefined };
  /** What the rule said last. */
  #fixed: number | undefined;
  #most: number;
  #probedAt = -Infinity;
  #slowStart = true;
  readonly #horizon = new Horizon();
  #bytes = 0;
  #arrivals = 0;
  #arrivalsSeen = 0;
  readonly #cadence = new Cadence();
  readonly #begunAt: number;
  #tickedAt: number;
  /** When the present wait began: the last block, or the first request after a pause. */
  #waitingSince: number;

  /** `rules` is looked at once a second, and at each `obey`. */
  constructor(
    now: number,
    most: number = MAX_WINDOW,
    late: LateRequests = new LateRequests(),
    rules: { readonly rule?: WindowRule | undefined } = {},
  ) {
    this.#late = late;
    this.#rules = rules;
    this.#most = Math.max(1, Math.min(most, MAX_WINDOW));
    this.limit = Math.min(FIRST_WINDOW, this.#most);
    this.#begunAt = this.#tickedAt = this.#waitingSince = now;
    this.obey();
  }

  /** Asks the rule, if there is one, how many requests there may be. */
  obey(): void {
    const fixed = ruled(this.#rules.rule, this);
    if (fixed !== undefined) {
      this.#slowStart = false;
      this.limit = Math.min(fixed, this.snubbed ? 1 : this.#most);
    } else if (this.limit === 0) this.limit = 1;
    this.#fixed = fixed;
  }

  get age(): number {
    return this.#tickedAt - this.#begunAt;
  }

  get most(): number {
    return this.#most;
  }

  /** Requests that the peer queues. */
  set most(most: number) {
    this.#most = Math.max(1, Math.min(most, MAX_WINDOW));
    if (this.limit > this.#most) this.limit = this.#most;
  }

  /** Bytes a second, smoothed. */
  get rate(): number {
    return this.#cadence.rate;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Blocks received so far. */
  get received(): number {
    return this.#arrivals;
  }

  /** How many may be asked for: as many as there is `room` for, or after a loss as many as the window is short of. */
  get free(): number {
    return this.#eager ? Math.max(0, this.limit - this.#inFlight.size) : this.room;
  }

  /** How many to ask for now: none until half the window is free, so that requests travel in batches. */
  get room(): number {
    const free = this.limit - this.#inFlight.size;
    return free * 2 >= this.limit ? free : 0;
  }

  /** Is it time to look for what is lost, or what has become free by that? */
  get doubtful(): boolean {
    const { overtaken, size } = this.#inFlight;
    return (overtaken || this.#eager) && (this.#arrivals % LOOK_EVERY === 0 || size < LOOK_EVERY);
  }

  /** Milliseconds for which the next block has been waited for; 0 while nothing is in flight. */
  waited(now: number): number {
    return this.#inFlight.size === 0 ? 0 : now - this.#waitingSince;
  }

  asked(key: number, now: number): void {
    if (this.#inFlight.size === 0) this.#waitingSince = Math.max(this.#waitingSince, now);
    // Late keys stay: a block that was requested twice comes twice, which is no fault of the peer.
    if (this.#inFlight.has(key)) return;
    this.#inFlight.add(key, now);
    this.writtenOff.closed(key);
  }

  has(key: number): boolean {
    return this.#inFlight.has(key);
  }

  /** A block has come: was it asked for, and still waited for? */
  take(key: number, bytes: number): 'expected' | 'late' | 'unexpected' {
    const expected = this.#inFlight.answer(key);
    if (!expected && !this.#late.take(key)) return 'unexpected';
    this.writtenOff.came(key);
    this.#bytes += bytes;
    this.#arrivals++;
    if (this.#slowStart && !this.#horizon.full && !this.snubbed && this.limit < this.#most) this.limit++;
    return expected ? 'expected' : 'late';
  }

  /** A block that was in flight has come at this moment; not said of each of them. */
  heard(now: number): void {
    this.#horizon.heard(now - this.#inFlight.latest);
  }

  /** No longer waited for: cancelled, or given to another. It may still come. */
  forget(key: number): boolean {
    if (!this.#inFlight.delete(key)) return false;
    this.#late.add(key);
    return true;
  }

  /** The peer will not send it; what it had at hand may cross that. */
  rejected(key: number): boolean {
    if (this.forget(key)) return true;
    this.writtenOff.closed(key);
    return this.#late.take(key);
  }

  /**
   * Those that must be lost, now no longer waited for: what was asked for later has come, `tolerance` ms ago and
   * longer; or so many were overtaken at one time that it can't be for their order. None for most peers, and then it
   * takes no time.
   */
  lost(now: number, tolerance: number = TOLERANCE): readonly number[] {
    const flight = this.#inFlight;
    const doubt = this.#doubt;
    if (!flight.overtaken) return NONE;
    if (flight.oldest >= doubt.before) {
      doubt.before = flight.latest;
      doubt.since = now;
      doubt.arrivals = this.#arrivals;
    }
    const waited = now - doubt.since;
    // While nothing comes at all it is the line that is slow, but not for ever.
    const ripe = waited >= tolerance && (this.#arrivals > doubt.arrivals || waited >= 4 * tolerance);
    if (!ripe && flight.countBefore(flight.latest) * TOLERANCE < Math.max(MOST_OVERTAKEN, this.limit >> 2) * tolerance)
      return NONE;
    const keys = flight.toArray(ripe ? doubt.before : flight.latest);
    this.#slowStart = false;
    this.#eager = true;
    this.#lostAt = now;
    doubt.before = -Infinity;
    for (const key of keys) this.forget(key);
    this.writtenOff.lose(keys);
    return keys;
  }

  /**
   * One to be asked for again, since none has come for longer than answers usually take: the last that was asked for,
   * once in each wait. If its answer comes before those of the others, the others have been dropped; where there is
   * nothing else to ask for, nothing else would tell. A peer that is merely slow sends one block twice.
   */
  probe(now: number): number | undefined {
    const flight = this.#inFlight;
    const { last } = flight;
    const since = this.#waitingSince;
    if (last === undefined || this.snubbed || this.#arrivals === 0 || this.#probedAt >= since) return undefined;
    // What was asked for a moment ago may still come, however long nothing has.
    if (now - Math.max(since, flight.youngest) < Math.max(PROBE_AFTER, this.#cadence.longest)) return undefined;
    this.forget(last);
    flight.add(last, now);
    this.#probedAt = now;
    const doubt = this.#doubt;
    doubt.before = now;
    doubt.since = since;
    doubt.arrivals = this.#arrivals;
    return last;
  }

  /** Was this one, which has come late, taken to be lost? Said once. */
  misjudged(key: number): boolean {
    if (!this.writtenOff.misjudged(key)) return false;
    this.#eager = false;
    return true;
  }

  /** Every second: measures, resizes, and returns true if the peer has kept us waiting for too long. */
  tick(now: number): boolean {
    const elapsed = Math.max(1, now - this.#tickedAt) / 1000;
    const arrived = this.#arrivals - this.#arrivalsSeen;
    this.#tickedAt = now;
    if (now - this.#lostAt > EAGER) this.#eager = false;
    this.#arrivalsSeen = this.#arrivals;
    // A peer that was asked for nothing has not become slow.
    if (arrived > 0 || this.#inFlight.size > 0) this.#resize(this.#bytes / elapsed);
    this.#bytes = 0;
    if (arrived > 0) {
      this.#cadence.observe((now - this.#waitingSince) / arrived);
      this.#waitingSince = now;
      this.snubbed = false;
      this.writtenOff.excuse();
    }
    if (this.#inFlight.size === 0) this.#waitingSince = now;
    this.obey();
    return now - this.#waitingSince > this.patience;
  }

  /** The wait is over for all that is in flight: returned, and only one request is risked until a block comes. */
  expire(now: number): number[] {
    const keys = this.#inFlight.toArray();
    for (const key of keys) this.forget(key);
    this.writtenOff.owe(keys);
    this.snubbed = true;
    this.#slowStart = false;
    this.limit = Math.min(1, this.#fixed ?? 1);
    this.#waitingSince = now;
    return keys;
  }

  /** All that is in flight, no longer waited for: what the peer has at hand of it may follow. */
  drain(): number[] {
    const { keys } = this;
    for (const key of keys) this.#late.add(key);
    this.#inFlight.clear();
    this.writtenOff.clear();
    return keys;
  }

  /** All that is in flight. */
  get keys(): number[] {
    return this.#inFlight.toArray();
  }

  /** Milliseconds to wait for the next block. */
  get patience(): number {
    return this.#cadence.patience(this.#arrivals > 0);
  }

  #resize(rate: number): void {
    const gained = rate - this.#cadence.rate;
    this.#cadence.measure(rate);
    this.#horizon.tick();
    if (this.snubbed || this.#fixed !== undefined) return;
    if (this.#slowStart && this.#arrivals > 0 && gained < SLOW_START_GAIN) this.#slowStart = false;
    if (this.#arrivals === 0 || (this.#slowStart && !this.#horizon.full)) return;
    const wanted = Math.min(this.#most, windowFor(Math.max(rate, this.#cadence.rate), this.#horizon.ms));
    // While the rate grows, what the line held when blocks began to wait for each other is too little.
    this.limit = this.#slowStart ? Math.max(this.limit, wanted) : wanted;
  }

  check(): void {
    this.#inFlight.check();
    this.#late.check();
    this.writtenOff.check();
    if (this.limit < Math.min(1, this.#fixed ?? 1) || this.limit > this.#most)
      throw new RangeError(`window of ${this.limit}`);
  }
}
