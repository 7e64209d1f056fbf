import { MAX_TIMEOUT } from './roundTrip.ts';
import { moved } from './sequence.ts';
import {
  encodeUtp,
  FIN,
  RESET,
  STATE,
  SYN,
  type UtpFields,
  type UtpPacket,
  type UtpType,
  writeHeader,
} from './utpPacket.ts';
import { UtpMemory } from './utpMemory.ts';
import { RECEIVE_WINDOW, UtpReceiver } from './utpReceiver.ts';
import { type Sent, UtpSender } from './utpSender.ts';

/** Timeouts in a row after which nobody is there: for a call, and later. */
export const MAX_CALLS = 3;
export const MAX_SILENCE = 6;
/** Milliseconds without a packet of ours after which one is sent: routers forget connections on which nothing moves. */
export const KEEP_ALIVE = 29_000;
/** Milliseconds for a caller to show that it gets our answers. */
export const CALLED_WITHIN = 10_000;
/** Milliseconds that a connection which was hung up on has for its last packets. */
export const CLOSE_WITHIN = 3_000;

/**
 * `calling` until we are answered, or `called` until the caller has shown that it gets our answers; `open`;
 * `closing` while our last packets are on their way; `closed`.
 */
export type UtpPhase = 'calling' | 'called' | 'open' | 'closing' | 'closed';

/** Why a connection is over: the other side has sent all it wanted, does not know us, or is not there. */
export type UtpEnd = 'finished' | 'reset' | 'timeout';

/** What follows from what a connection hears, sends, or waits for. */
export interface UtpSink {
  /** A datagram to be sent now. What is sent again is the same memory. */
  send(datagram: Uint8Array): void;
  /** The next bytes, lent until this returns. */
  deliver(bytes: Uint8Array): void;
  /** The other side gets our packets, and we get theirs. */
  opened(): void;
  /** At most once. */
  ended(why: UtpEnd): void;
}

export interface UtpOptions {
  readonly family: 4 | 6;
  /** The id in packets that we get; those that we send have another one. */
  readonly id: number;
  /** The number of our first packet. */
  readonly sequence: number;
  readonly sink: UtpSink;
  /** What this connection holds together with others; what it alone may hold if absent. */
  readonly memory?: UtpMemory | undefined;
}

/**
 * One side of a uTP connection (BEP 29), without a socket and without time: each call is told when it is, in ms.
 * Packets are heard one by one; `flush` sends what follows from them, once for as many as have come at one time; `wake`
 * is to be called at `wakeAt`. Depends on what was heard, written and when. Invariant: after it has closed nothing is
 * sent.
 */
export class UtpConnection {
  readonly id: number;
  readonly #sendId: number;
  readonly #sink: UtpSink;
  readonly #sender: UtpSender;
  readonly #deliver: (bytes: Uint8Array) => void;
  #receiver: UtpReceiver | undefined;
  readonly #memory: UtpMemory;
  #phase: UtpPhase;
  #hasEnded = false;
  #window = 0;
  #delay = 0;
  #owesAck = false;
  #timeouts = 0;
  /** When something was last heard that was news, or a timeout was over; and when a packet was last sent. */
  #heardAt: number;
  #sentAt: number;
  #closeBy = Infinity;

  private constructor(
    { family, id, sequence, sink, memory = new UtpMemory() }: UtpOptions,
    caller: boolean,
    now: number,
  ) {
    this.id = id;
    this.#sendId = moved(id, caller ? 1 : -1);
    this.#sink = sink;
    this.#memory = memory;
    this.#sender = new UtpSender(family, sequence, memory);
    this.#deliver = (bytes) => {
      if (this.#phase === 'open') this.#sink.deliver(bytes);
    };
    this.#phase = caller ? 'calling' : 'called';
    this.#heardAt = this.#sentAt = now;
  }

  /** We call: a SYN is sent at once. */
  static call(options: UtpOptions, now: number): UtpConnection {
    const connection = new UtpConnection(options, true, now);
    connection.#transmit(connection.#sender.open(SYN, now), now);
    return connection;
  }

  /** We are called, by this SYN; `options.id` is one more than what it says. */
  static answer(options: UtpOptions, syn: UtpFields, now: number): UtpConnection {
    const connection = new UtpConnection(options, false, now);
    connection.#receiver = new UtpReceiver(syn.sequence, connection.#memory);
    connection.#note(syn, now);
    connection.#closeBy = now + CALLED_WITHIN;
    connection.#owesAck = true;
    connection.flush(now);
    return connection;
  }

  get phase(): UtpPhase {
    return this.#phase;
  }

  /** Bytes that were written and have not been sent. */
  get queued(): number {
    return this.#sender.queued;
  }

  /** Milliseconds. */
  get roundTrip(): number {
    return this.#sender.trip.mean;
  }

  /** Takes `bytes` over; they are sent by the next `flush`. */
  write(bytes: Uint8Array): void {
    if (this.#phase !== 'closing' && this.#phase !== 'closed') this.#sender.write(bytes);
  }

  /** True if a RESET with this id is about this connection. */
  isNamed(id: number): boolean {
    return id === this.id || id === this.#sendId;
  }

  hear(packet: UtpPacket, now: number): void {
    if (this.#phase === 'closed') return;
    if (packet.type === SYN) return this.#calledAgain(packet);
    // A host that does not see our packets can't know their numbers.
    if (!this.#sender.knows(packet.ack, packet.type === RESET)) return;
    if (packet.type === RESET) return this.end('reset');
    if (this.#phase === 'calling') {
      if (packet.type !== STATE) return;
      this.#receiver = new UtpReceiver(moved(packet.sequence, -1), this.#memory);
      // A peer that we call waits for a sign that we hear it; mostly that is our first data.
      this.#owesAck = true;
    }
    this.#note(packet, now);
    if (this.#sender.acknowledge(packet, now)) this.#progress(now);
    if (this.#phase === 'calling' || this.#phase === 'called') {
      this.#phase = 'open';
      this.#closeBy = Infinity;
      this.#progress(now);
      this.#sink.opened();
    }
    if (packet.type !== STATE) this.#take(packet);
    if (this.#phase === 'closing' && this.#sender.unacked === 0) this.end();
  }

  /** Sends what may be sent now, and what is owed for what was heard. */
  flush(now: number): void {
    if (this.#phase === 'closed') return;
    if (this.#phase !== 'calling' && this.#phase !== 'called')
      for (let sent = this.#next(now); sent !== undefined; sent = this.#next(now)) this.#transmit(sent, now);
    if (this.#owesAck) this.#sendState(now);
  }

  /** When `wake` is to be called. */
  get wakeAt(): number {
    if (this.#phase === 'closed') return Infinity;
    return Math.min(this.#closeBy, this.#overdueAt, this.#sentAt + KEEP_ALIVE);
  }

  wake(now: number): void {
    if (now >= this.#closeBy) return this.end();
    if (now >= this.#overdueAt) {
      if (++this.#timeouts > (this.#phase === 'calling' ? MAX_CALLS - 1 : MAX_SILENCE)) return this.end('timeout');
      this.#heardAt = now;
      this.#sender.timedOut(now);
      if (this.#phase === 'calling') this.#resend(now);
      return this.flush(now);
    }
    if (now >= this.#sentAt + KEEP_ALIVE && this.#phase === 'open') this.#sendState(now);
  }

  /** Hangs up: what may be sent now is sent, the rest is dropped. */
  close(now: number): void {
    if (this.#phase === 'closing' || this.#phase === 'closed') return;
    if (this.#phase === 'calling' || this.#phase === 'called') return this.end();
    this.flush(now);
    this.#sender.drop();
    this.#phase = 'closing';
    this.#closeBy = now + CLOSE_WITHIN;
    this.#transmit(this.#sender.open(FIN, now), now);
  }

  /** When an answer is overdue, or their window may have opened without our having heard of it. */
  get #overdueAt(): number {
    if (this.#phase === 'called' || (this.#sender.unacked === 0 && this.#sender.queued === 0)) return Infinity;
    return this.#heardAt + Math.min(MAX_TIMEOUT, this.#sender.trip.timeout * 2 ** this.#timeouts);
  }

  #next(now: number): Sent | undefined {
    // The time that an answer takes begins with the first packet that waits for one.
    if (this.#sender.unacked === 0 && this.#timeouts === 0) this.#heardAt = now;
    return this.#sender.next(this.#window, now);
  }

  #note(packet: UtpFields, now: number): void {
    this.#window = packet.window;
    this.#delay = (now * 1_000 - packet.sentAt) >>> 0;
    this.#sender.ledbat.heard(this.#delay, now);
    // 0 means that it has not been measured.
    if (packet.delay !== 0) this.#sender.ledbat.delayed(packet.delay, now);
  }

  #progress(now: number): void {
    this.#heardAt = now;
    this.#timeouts = 0;
  }

  #take(packet: UtpPacket): void {
    this.#owesAck = true;
    const { isFinished: was } = this.#received;
    this.#received.take(packet, this.#deliver);
    if (!was && this.#received.isFinished) this.#tellEnd('finished');
  }

  get #received(): UtpReceiver {
    return (this.#receiver ??= new UtpReceiver(0, this.#memory));
  }

  /** Our answer has got lost; if it is another call with the same id, that gets no answer. */
  #calledAgain({ sequence }: UtpFields): void {
    if (this.#phase === 'called' && this.#received.ack === sequence) this.#owesAck = true;
  }

  #resend(now: number): void {
    const syn = this.#sender.next(Infinity, now);
    if (syn !== undefined) this.#transmit(syn, now);
  }

  #transmit(sent: Sent, now: number): void {
    writeHeader(sent.bytes, this.#fields(sent.type, sent.sequence, now));
    this.#sentAt = now;
    // Only an acknowledgement of its own says which packets are missing.
    this.#owesAck &&= this.#receiver?.isMissing === true;
    this.#sink.send(sent.bytes);
  }

  #sendState(now: number): void {
    this.#owesAck = false;
    this.#sentAt = now;
    this.#sink.send(encodeUtp(this.#fields(STATE, this.#sender.sequence, now), this.#receiver?.mask()));
  }

  #fields(type: UtpType, sequence: number, now: number): UtpFields {
    return {
      type,
      id: type === SYN ? this.id : this.#sendId,
      sentAt: (now * 1_000) >>> 0,
      delay: this.#delay,
      window: this.#receiver?.window ?? RECEIVE_WINDOW,
      sequence,
      ack: this.#receiver?.ack ?? 0,
    };
  }

  #tellEnd(why: UtpEnd): void {
    if (this.#hasEnded || this.#phase === 'closing') return;
    this.#hasEnded = true;
    this.#sink.ended(why);
  }

  /** It is over; `why` is told, if there is a reason, unless we have hung up ourselves. */
  end(why?: UtpEnd): void {
    if (this.#phase !== 'closing' && why !== undefined) this.#tellEnd(why);
    this.#phase = 'closed';
    this.#sender.release();
    this.#receiver?.release();
  }

  check(): void {
    this.#sender.check();
    this.#sender.size.check();
    this.#sender.ledbat.check();
    this.#receiver?.check();
    if (this.#phase === 'closed' && this.wakeAt !== Infinity) throw new RangeError('a closed connection waits');
  }
}
