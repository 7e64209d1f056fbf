import { Ledbat } from './ledbat.ts';
import { PacketSize } from './packetSize.ts';
import { RoundTrip } from './roundTrip.ts';
import { ahead, moved } from './sequence.ts';
import { UtpMemory } from './utpMemory.ts';
import { DATA, FIN, HEADER, STATE, SYN, unwritten, type UtpPacket } from './utpPacket.ts';
import { WriteQueue } from './writeQueue.ts';

/** Packets that may be unacknowledged at one time: more could not be acknowledged selectively. */
export const MAX_UNACKED = 2_000;
/** A packet is lost when this many later ones have arrived. */
const OVERTAKEN = 3;
/** Within a round trip of so many ms there is no network to fill, only the buffer of a socket: this many bytes. */
const NEAR = 2;
const NEAR_WINDOW = 192 * 1024;

/**
 * As long as no more than this has been sent, what is written at one time is a packet of its own: Transmission 3.00
 * leaves what comes in one packet with the end of a handshake unread until there is another one.
 */
export const APART = 2_048;

const ARRIVED = new Uint8Array();

/** A packet that has been sent. */
export interface Sent {
  readonly type: typeof DATA | typeof FIN | typeof SYN;
  readonly sequence: number;
  /** The datagram; its header is written anew each time that it is sent. Empty once it has arrived. */
  bytes: Uint8Array;
  /** Bytes of payload, at the end of the datagram. */
  readonly payload: number;
  sentAt: number;
  /** How often it was sent. */
  sends: number;
  state: 'flying' | 'lost' | 'arrived';
}

/**
 * What we send on one connection: what is in which packet, which have arrived, which are lost, and what may be sent
 * now. Depends on what was written, what was acknowledged, and when. Invariant: no more is on its way than was counted,
 * and the oldest packet kept is one that has not arrived. Times are ms.
 */
export class UtpSender {
  readonly trip = new RoundTrip();
  readonly ledbat = new Ledbat();
  readonly size: PacketSize;
  readonly #queue = new WriteQueue();
  /** From `#head` on: all packets from the oldest unacknowledged one. */
  #sent: Sent[] = [];
  #head = 0;
  #lost: Sent[] = [];
  #next: number;
  #flight = 0;
  #repeats = 0;
  #apart = APART;
  #lastSent = -Infinity;
  /** One packet may be sent now, whatever the windows are. */
  #isProbing = false;
  readonly #memory: UtpMemory['sent'];
  readonly #datagrams: UtpMemory['datagrams'];

  constructor(
    family: 4 | 6,
    sequence: number,
    { sent, datagrams }: Pick<UtpMemory, 'sent' | 'datagrams'> = new UtpMemory(),
  ) {
    this.size = new PacketSize(family);
    this.#next = sequence;
    this.#memory = sent;
    this.#datagrams = datagrams;
  }

  /** The number of the next new packet. */
  get sequence(): number {
    return this.#next;
  }

  /** How many packets are unacknowledged. */
  get unacked(): number {
    return this.#sent.length - this.#head;
  }

  /** Bytes written and not yet sent. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Bytes on their way. */
  get flight(): number {
    return this.#flight;
  }

  write(bytes: Uint8Array): void {
    this.#queue.put(bytes);
  }

  /** What has not been sent will not be. */
  drop(): void {
    this.#queue.clear();
  }

  /** Nothing more is sent. */
  release(): void {
    this.drop();
    for (const sent of this.#sent) if (sent.state !== 'arrived') this.#memory.give(sent.payload);
    this.#sent = [];
    this.#lost = [];
    this.#head = this.#flight = 0;
  }

  /** A packet without payload that takes a number: it is sent again until it has arrived. */
  open(type: typeof FIN | typeof SYN, now: number): Sent {
    return this.#fly({ ...{ type, bytes: unwritten(0), payload: 0 }, ...this.#fresh(now) });
  }

  /** The next packet to be sent within a window of theirs, if there is one. */
  next(theirs: number, now: number): Sent | undefined {
    let window = Math.min(theirs, this.ledbat.window);
    if (this.trip.least < NEAR) window = Math.min(window, NEAR_WINDOW);
    return this.#again(window, now) ?? this.#fill(window, now);
  }

  /**
   * True if it can be acknowledged: it was sent, and not acknowledged long ago. A reset may answer a packet without
   * payload, whose number is that of the next one.
   */
  knows(ack: number, isReset = false): boolean {
    const distance = ahead(ack, this.#next);
    return distance < (isReset ? 1 : 0) && distance >= -this.unacked - MAX_UNACKED;
  }

  /** Notes what a packet of theirs acknowledges. Returns whether it was anything new. */
  acknowledge(packet: UtpPacket, now: number): boolean {
    const before = this.#flight;
    const first = moved(this.#next, -this.unacked);
    const count = ahead(packet.ack, first) + 1;
    if (count < 0) return false;
    let bytes = 0;
    for (let index = 0; index < count; index++) bytes += this.#arrived(this.#sent[this.#head + index], now);
    this.#head += Math.min(count, this.unacked);
    let news = count > 0;
    if (packet.maskLength > 0) {
      const selected = this.#select(packet, now);
      news ||= selected > 0;
      bytes += selected;
    } else if (count === 0 && packet.type === STATE) this.#repeated(now);
    if (count > 0) this.#repeats = 0;
    if (bytes > 0) this.ledbat.acked(bytes, before);
    this.#tidy();
    return news;
  }

  /** Nothing was heard for a timeout: what is on its way is lost, or, if that is nothing, their window may be open. */
  timedOut(now: number): void {
    this.#isProbing = true;
    if (this.unacked === 0) return;
    let tries = 0;
    for (let index = this.#head; index < this.#sent.length; index++) {
      const sent = this.#sent[index];
      if (sent?.state !== 'flying') continue;
      if (this.#tried(sent)) tries++;
      this.#lose(sent);
    }
    this.#order();
    // A try that is lost alone says that it was too large, and nothing about the network.
    if (tries < this.unacked) this.ledbat.timedOut(now);
  }

  #fresh(now: number): Pick<Sent, 'sequence' | 'sentAt' | 'sends' | 'state'> {
    return { sequence: this.#next, sentAt: now, sends: 1, state: 'flying' };
  }

  #fly(sent: Sent): Sent {
    this.#sent.push(sent);
    this.#memory.take(sent.payload);
    this.#next = moved(this.#next, 1);
    this.#flight += sent.payload;
    this.#lastSent = sent.sentAt;
    this.#isProbing = false;
    return sent;
  }

  /** The oldest packet that is lost. */
  #again(window: number, now: number): Sent | undefined {
    while (this.#lost[0]?.state === 'arrived') this.#lost.shift();
    const [lost] = this.#lost;
    if (lost === undefined) return undefined;
    if (this.#flight > 0 && this.#flight + lost.payload > window) return undefined;
    if (this.#flight === 0 && lost.payload > window && !this.#isProbing) return undefined;
    this.#lost.shift();
    lost.state = 'flying';
    lost.sentAt = this.#lastSent = now;
    lost.sends++;
    this.#flight += lost.payload;
    this.#isProbing = false;
    return lost;
  }

  /** A packet of what is in the queue. A small one is sent only if it is all there is, or nothing is on its way. */
  #fill(window: number, now: number): Sent | undefined {
    if (this.#queue.length === 0 || this.#lost.length > 0 || this.unacked >= MAX_UNACKED) return undefined;
    if (this.#memory.left < this.size.size && this.unacked > 0) return undefined;
    if (this.unacked === 0 && now - this.#lastSent > this.trip.timeout) this.ledbat.rested();
    const together = this.#apart > 0 ? this.#queue.first : this.#queue.length;
    const whole = Math.min(together, this.size.size - HEADER);
    const room = this.#isProbing ? Math.max(1, window - this.#flight) : window - this.#flight;
    if (room <= 0 || (room < whole && this.#flight > 0)) return undefined;
    const payload = Math.min(whole, room);
    const isFull = payload === this.size.size - HEADER;
    const trial = isFull ? this.size.trial(this.#next) : undefined;
    const bytes = trial === undefined ? this.#datagrams.take(payload) : unwritten(payload, trial - this.size.size);
    this.#queue.take(bytes, bytes.length - payload);
    this.#apart -= payload;
    return this.#fly({ ...this.#fresh(now), type: DATA, bytes, payload });
  }

  /** Returns the bytes that this acknowledges for the first time. */
  #arrived(sent: Sent | undefined, now: number): number {
    if (sent === undefined || sent.state === 'arrived') return 0;
    if (sent.state === 'flying') this.#flight -= sent.payload;
    sent.state = 'arrived';
    // It can't be told which of several packets was answered.
    if (sent.sends === 1) this.trip.measured(now - sent.sentAt);
    this.size.arrived(sent.sequence, sent.bytes.length);
    if (sent.payload > 0 && sent.bytes.length === HEADER + sent.payload) this.#datagrams.give(sent.bytes);
    sent.bytes = ARRIVED;
    this.#memory.give(sent.payload);
    return sent.payload;
  }

  /** Those that are acknowledged selectively, and those that they have overtaken. */
  #select(packet: UtpPacket, now: number): number {
    let [bytes, later] = [0, 0];
    const from = ahead(moved(packet.ack, 2), moved(this.#next, -this.unacked));
    for (let index = packet.maskLength * 8 - 1; index >= 0; index--) {
      const sent = this.#sent[this.#head + from + index];
      if (sent === undefined) continue;
      if (packet.has(index)) {
        bytes += this.#arrived(sent, now);
        later++;
      } else if (later >= OVERTAKEN) this.#overtake(sent, now);
    }
    if (later >= OVERTAKEN) this.#overtake(this.#sent[this.#head + from - 1], now);
    this.#order();
    return bytes;
  }

  /** The same has been acknowledged once more. */
  #repeated(now: number): void {
    if (this.unacked > 0 && ++this.#repeats === OVERTAKEN) this.#overtake(this.#sent[this.#head], now);
  }

  #overtake(sent: Sent | undefined, now: number): void {
    if (sent?.state !== 'flying') return;
    // What was sent again is late only after a round trip.
    if (sent.sends > 1 && now - sent.sentAt <= this.trip.patience) return;
    const wasTry = this.#tried(sent);
    if (!wasTry) this.ledbat.lost(sent.sentAt, now);
    this.#lose(sent);
  }

  /** True if it was a try of a larger size: then its padding is taken away. */
  #tried(sent: Sent): boolean {
    if (!this.size.lost(sent.sequence, sent.bytes.length)) return false;
    const bytes = unwritten(sent.payload);
    bytes.set(sent.bytes.subarray(sent.bytes.length - sent.payload), HEADER);
    sent.bytes = bytes;
    return true;
  }

  #lose(sent: Sent | undefined): void {
    if (sent?.state !== 'flying') return;
    sent.state = 'lost';
    this.#flight -= sent.payload;
    this.#lost.push(sent);
  }

  /** The oldest is sent first, in whatever order their loss was noticed. */
  #order(): void {
    if (this.#lost.length > 1) this.#lost.sort((one, other) => ahead(one.sequence, other.sequence));
  }

  #tidy(): void {
    while (this.#head < this.#sent.length && this.#sent[this.#head]?.state === 'arrived') this.#head++;
    if (this.#head < 256 && this.#head < this.#sent.length) return;
    this.#sent = this.#sent.slice(this.#head);
    this.#head = 0;
  }

  check(): void {
    const kept = this.#sent.slice(this.#head);
    const flying = kept.reduce((sum, { state, payload }) => sum + (state === 'flying' ? payload : 0), 0);
    if (flying !== this.#flight) throw new RangeError(`${flying} bytes are on their way, not ${this.#flight}`);
    if (kept[0]?.state === 'arrived') throw new RangeError('an acknowledged packet is kept');
    if (kept.length > MAX_UNACKED + 1) throw new RangeError(`${kept.length} packets are kept`);
  }
}
