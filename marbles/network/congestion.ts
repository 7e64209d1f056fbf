import { now } from '../../src/contracts/clock.ts';

/** Bytes of a packet, without its headers, which have 52: of IP, and of TCP with its times. */
const PACKET = 1448;
const HEADERS = 52;
/**
 * Bytes that a sender keeps until all bytes before them have been acknowledged, too: what fits in the 4 MiB that Linux
 * gives to a connection, as measured there. After a loss much waits for the lost packet, and nothing more is sent.
 */
const SEND_BUFFER = 2_800_000;
/** Packets that may be under way at the beginning (RFC 6928). */
const FIRST_WINDOW = 10;
/** What is left of the window after a loss, and how fast it grows again: CUBIC (RFC 9438). */
const AFTER_LOSS = 0.7;
const GROWTH = 0.4;
/** Milliseconds that a sender waits for an answer, besides the way there and back, before it sends again. */
const PATIENCE = 200;
/** Packets behind a lost one that tell the sender of the loss, so that it has not to wait. */
const TELLING = 3;
/** Milliseconds of waiting before the line of the receiver at which slow start ends: an eighth of the way, within. */
const [LEAST_WAIT, MOST_WAIT] = [4, 16];

/**
 * How a sender chooses its window: `cubic` (RFC 9438), as most systems do, takes a loss for a full line. `bbr` measures
 * what arrives, and has twice as much under way; it takes losses for what they are.
 */
export type Tcp = 'cubic' | 'bbr';

/** Trips over which the highest rate counts. */
const RATE_TRIPS = 10;

/** What a segment met on its way. */
export interface Way {
  /** Milliseconds until its last byte arrives, if nothing is lost. */
  readonly wait: number;
  /** Milliseconds of this that it waits before the line of the receiver. */
  readonly behind: number;
  /** Milliseconds of waiting from which on packets are dropped. */
  readonly queue: number;
}

/** Bytes that a line carries for so many of a connection: each packet has headers. */
export const onLine = (size: number): number => size + HEADERS * Math.ceil(size / PACKET);

interface Answer {
  readonly at: number;
  readonly size: number;
}

/**
 * How many bytes one direction of a connection may have under way, after the rules of TCP: slow start, then CUBIC or
 * BBR, and after silence a window of one packet. Depends on the times at which
 * segments leave and arrive, and on chance. Invariants: the window holds one packet at least; bytes under way are those
 * whose answers are still to come, and their times do not decrease; the sender's buffer keeps all of these.
 */
export class CongestionWindow {
  #window = FIRST_WINDOW * PACKET;
  #threshold = Infinity;
  /** The window before the last loss, and when that was. */
  #most = 0;
  #lostAt = -Infinity;
  #underWay = 0;
  readonly #answers: Answer[] = [];
  /** Bytes in the sender's buffer, and when all bytes up to these have been acknowledged. */
  #kept = 0;
  readonly #acknowledgements: Answer[] = [];
  #arrival = 0;
  /** Bytes that were answered in the last trips, the present one last, and when that began. */
  readonly #rounds: number[] = [0];
  #roundAt = 0;
  readonly #tcp: Tcp;
  readonly #trip: number;
  readonly #loss: number;
  readonly #random: () => number;
  readonly #now: () => number;

  /** `trip` in milliseconds there and back; `loss` is the fraction of packets that are lost. */
  constructor(trip: number, loss: number, random: () => number, tcp: Tcp = 'cubic', time: () => number = now) {
    this.#now = time;
    this.#tcp = tcp;
    this.#trip = trip;
    this.#loss = loss;
    this.#random = random;
  }

  /** Bytes that fit in the window. */
  get size(): number {
    return this.#window;
  }

  /** Bytes that the sender's buffer has room for: twice the window, so that there is something to send. */
  get buffer(): number {
    return Math.min(2 * this.#window, SEND_BUFFER);
  }

  /** Bytes that may leave now. */
  room(): number {
    this.#hear();
    const room = Math.min(this.#window - this.#underWay, SEND_BUFFER - this.#kept);
    // A packet is sent whole.
    return room > 0 ? Math.max(room, PACKET) : 0;
  }

  /** Milliseconds until more may leave. */
  get wait(): number {
    const [next] = this.#kept >= SEND_BUFFER ? this.#acknowledgements : this.#answers;
    return next === undefined ? 0 : Math.max(0, Math.ceil(next.at - this.#now()));
  }

  /** A segment has left. Returns the milliseconds until it has arrived, after all segments before it. */
  sent(size: number, { wait, behind, queue }: Way): number {
    const at = this.#now();
    this.#underWay += size;
    const packets = Math.ceil(size / PACKET);
    const isLost = behind > queue || (this.#loss > 0 && this.#random() >= (1 - this.#loss) ** packets);
    const delay = isLost ? this.#lost(packets, wait + this.#trip / 2) : 0;
    if (behind > Math.min(Math.max(this.#trip / 8, LEAST_WAIT), MOST_WAIT))
      this.#threshold = Math.min(this.#threshold, this.#window);
    this.#answers.push({ at: Math.max(at + wait + this.#trip / 2, this.#answers.at(-1)?.at ?? 0), size });
    // What left later does not arrive sooner, also by rounding.
    this.#arrival = Math.max(this.#arrival, Math.ceil(at + wait + delay));
    this.#kept += size;
    this.#acknowledgements.push({ at: this.#arrival + this.#trip / 2, size });
    return this.#arrival - at;
  }

  /** Answers that have come make room, and let the window grow if it was full. */
  #hear(): void {
    const at = this.#now();
    for (let [next] = this.#acknowledgements; next !== undefined && next.at <= at; [next] = this.#acknowledgements) {
      this.#acknowledgements.shift();
      this.#kept -= next.size;
    }
    for (let [next] = this.#answers; next !== undefined && next.at <= at; [next] = this.#answers) {
      this.#answers.shift();
      const isUsed = 2 * this.#underWay > this.#window;
      this.#underWay -= next.size;
      if (this.#tcp === 'bbr') this.#measure(next, isUsed);
      else if (isUsed) this.#grow(next);
    }
  }

  /** Twice what arrives in a trip, by the best of the last ones. */
  #measure({ at, size }: Answer, isUsed: boolean): void {
    if (at - this.#roundAt >= this.#trip) {
      this.#roundAt = at;
      this.#rounds.push(0);
      if (this.#rounds.length > RATE_TRIPS) this.#rounds.shift();
    }
    this.#rounds.push((this.#rounds.pop() ?? 0) + size);
    const most = 2 * Math.max(...this.#rounds);
    if (isUsed && this.#window < most) this.#window += size;
    else if (this.#window > most && this.#rounds.length === RATE_TRIPS)
      this.#window = Math.max(most, FIRST_WINDOW * PACKET);
  }

  #grow({ at, size }: Answer): void {
    if (this.#window < this.#threshold) {
      this.#window += size;
      return;
    }
    const most = Math.max(this.#most, PACKET) / PACKET;
    if (this.#lostAt === -Infinity) [this.#most, this.#lostAt] = [this.#window, at];
    const turn = Math.cbrt((most * (1 - AFTER_LOSS)) / GROWTH);
    const since = (at + this.#trip - this.#lostAt) / 1000;
    const aim = Math.min((GROWTH * (since - turn) ** 3 + most) * PACKET, 1.5 * this.#window);
    // As fast as Reno at the least: about half a packet in each trip.
    const least = (PACKET * size * 0.53) / this.#window;
    this.#window += Math.max(((aim - this.#window) * size) / this.#window, least);
  }

  /** Returns the milliseconds by which the loss delays what was sent, if a packet takes so many there and back now. */
  #lost(packets: number, roundTrip: number): number {
    const at = this.#now();
    const isTold = this.#underWay / PACKET > TELLING + packets / 2;
    if (this.#tcp === 'cubic' && at - this.#lostAt > this.#trip) {
      this.#most = this.#window;
      this.#lostAt = at;
      this.#threshold = Math.max(this.#window * AFTER_LOSS, 2 * PACKET);
      this.#window = isTold ? this.#threshold : PACKET;
    }
    let delay = isTold ? roundTrip : roundTrip + PATIENCE;
    // What is sent once more can be lost, too, and is then waited for twice as long each time.
    for (let patience = roundTrip + PATIENCE; this.#loss > 0 && this.#random() < this.#loss; patience *= 2) {
      delay += patience;
      if (this.#tcp === 'cubic') this.#window = PACKET;
    }
    return delay;
  }

  /** @throws Error if an invariant does not hold. */
  check(): void {
    const waiting = this.#answers.reduce((sum, { size }) => sum + size, 0);
    if (waiting !== this.#underWay) throw new Error(`${this.#underWay} bytes under way, answers for ${waiting}`);
    if (this.#kept < this.#underWay - PACKET) throw new Error(`${this.#underWay} bytes under way, ${this.#kept} kept`);
    if (!(this.#window >= PACKET)) throw new Error(`a window of ${this.#window} bytes`);
    if (this.#answers.some(({ at }, n) => at < (this.#answers[n - 1]?.at ?? 0))) throw new Error('answers out of turn');
  }
}
