import { ahead, moved } from './sequence.ts';
import { UtpMemory } from './utpMemory.ts';
import { FIN, type UtpPacket } from './utpPacket.ts';

/** Bytes of one connection that may wait for a packet that is missing. */
export const RECEIVE_WINDOW = 2 * 2 ** 20;
/** Packets that may wait, however small they are. */
export const MAX_EARLY = 1_536;
/** Bytes that the other side may have on their way even if all connections together hold what they may. */
export const LEAST_WINDOW = 64 * 1024;

/**
 * What we receive on one connection, in order. Packets that come too early wait for those that are missing. Depends on
 * each packet that came. Invariant: no more waits than the limits say, those of all connections together too, and what
 * waits is not the next packet.
 */
export class UtpReceiver {
  /** The last packet up to which all have come. */
  ack: number;
  readonly #early = new Map<number, Uint8Array>();
  #waiting = 0;
  #end: number | undefined;
  readonly #memory: UtpMemory['received'];

  constructor(ack: number, { received }: Pick<UtpMemory, 'received'> = new UtpMemory()) {
    this.ack = ack;
    this.#memory = received;
  }

  /** How many more bytes the other side may send: what is in order waits for nothing. */
  get window(): number {
    if (this.#early.size >= MAX_EARLY) return 0;
    return Math.min(RECEIVE_WINDOW - this.#waiting, Math.max(LEAST_WINDOW, this.#memory.left));
  }

  /** True if all has come that the other side will send. */
  get isFinished(): boolean {
    return this.ack === this.#end;
  }

  /** True if a packet has overtaken another one that has not come. */
  get isMissing(): boolean {
    return this.#early.size > 0;
  }

  /** Bytes that came too early. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Takes a packet that has a number of its own; what is in order is given to `deliver`, lent until that returns. */
  take(packet: UtpPacket, deliver: (bytes: Uint8Array) => void): void {
    const distance = ahead(packet.sequence, this.ack);
    if (distance < 1 || distance > MAX_EARLY || this.isFinished) return;
    if (this.#end !== undefined && ahead(packet.sequence, this.#end) > 0) return;
    if (packet.type === FIN && this.#end === undefined) this.#end = packet.sequence;
    const payload = packet.bytes.subarray(packet.payloadAt);
    if (distance > 1) return this.#keep(packet.sequence, payload);
    this.#deliver(packet.sequence, payload, deliver);
    if (this.#early.size > 0) this.#follow(deliver);
  }

  /** Which of the packets after the next one have come, in the format of BEP 29; undefined if none has. */
  mask(): Uint8Array | undefined {
    if (this.#early.size === 0) return undefined;
    let last = 0;
    for (const sequence of this.#early.keys()) last = Math.max(last, ahead(sequence, this.ack) - 2);
    const mask = new Uint8Array(4 * ((last >> 5) + 1));
    for (const sequence of this.#early.keys()) {
      const bit = ahead(sequence, this.ack) - 2;
      mask[bit >> 3] = (mask[bit >> 3] ?? 0) | (1 << (bit & 7));
    }
    return mask;
  }

  #deliver(sequence: number, payload: Uint8Array, deliver: (bytes: Uint8Array) => void): void {
    this.ack = sequence;
    if (payload.length > 0) deliver(payload);
  }

  #keep(sequence: number, payload: Uint8Array): void {
    if (this.#early.has(sequence) || payload.length > Math.min(this.window, this.#memory.left)) return;
    // A datagram is lent, and only as long as it is looked at.
    this.#early.set(sequence, new Uint8Array(payload));
    this.#waits(payload.length);
  }

  #waits(bytes: number): void {
    this.#waiting += bytes;
    this.#memory.take(bytes);
  }

  /** Nothing more is taken: what waits is thrown away. */
  release(): void {
    this.#early.clear();
    this.#waits(-this.#waiting);
  }

  #follow(deliver: (bytes: Uint8Array) => void): void {
    for (;;) {
      const next = moved(this.ack, 1);
      const payload = this.#early.get(next);
      if (payload === undefined) return;
      this.#early.delete(next);
      this.#waits(-payload.length);
      this.#deliver(next, payload, deliver);
    }
  }

  check(): void {
    const waiting = [...this.#early.values()].reduce((sum, { length }) => sum + length, 0);
    if (waiting !== this.#waiting || waiting > RECEIVE_WINDOW) throw new RangeError(`${waiting} bytes wait`);
    if (this.#early.size > MAX_EARLY) throw new RangeError(`${this.#early.size} packets wait`);
    if (this.#early.has(moved(this.ack, 1))) throw new RangeError('the next packet waits');
  }
}
