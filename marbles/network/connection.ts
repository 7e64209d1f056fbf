import { Subject, type Subscriber, timer } from 'rxjs';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { PeerAddress, Wire } from '../../src/contracts/network.ts';
import { addressText } from '../../src/protocol/encoding/address.ts';
import type { DrawnHost, Segment, Sender } from './host.ts';

/** The end of a direction: nothing is sent after it. */
const END: Segment = { bytes: new Uint8Array() };

/**
 * One end of a connection between two hosts, with the wire of the program at this end. Depends on both hosts' lines.
 * Invariants: bytes that wait to be sent are counted as pending, and never wait without being queued for a turn; a
 * program that was told that the buffer is full is told when everything has arrived.
 */
export class WireEnd implements Sender {
  readonly address: PeerAddress;
  readonly wire: Wire;
  readonly #bytes$ = new Subject<Uint8Array>();
  readonly #drained$ = new Subject<void>();
  readonly #here: DrawnHost;
  /** The host at the other end. */
  readonly there: DrawnHost;
  readonly #closed: () => void;
  #other: WireEnd | undefined;
  /** The subscriber that has dialled, or answered. */
  #holder: Subscriber<Wire> | undefined;
  /** Bytes that arrived before there was a subscriber. */
  #early: Segment[] = [];
  /** Bytes that are still to be sent. */
  readonly #queue: Segment[] = [];
  #isQueued = false;
  #pending = 0;
  #isFull = false;
  #isClosed = false;

  /** `closed` is called once this end is no longer used. */
  constructor(here: DrawnHost, there: DrawnHost, address: PeerAddress, closed: () => void) {
    this.#here = here;
    this.there = there;
    this.address = address;
    this.#closed = closed;
    this.wire = {
      address,
      bytes$: this.#bytes$.asObservable(),
      drained$: this.#drained$.asObservable(),
      write: (bytes) => this.#write(bytes),
    };
  }

  get other(): WireEnd | undefined {
    return this.#other;
  }

  /** Joins two ends into a connection. */
  static join(one: WireEnd, other: WireEnd): void {
    one.#other = other;
    other.#other = one;
  }

  /** Attaches a subscriber: it gets what has arrived, and everything that arrives later. Unsubscribing hangs up. */
  open(holder: Subscriber<Wire>): void {
    if (this.#isClosed) return holder.error(this.#reset());
    this.#holder = holder;
    holder.add(() => this.hangUp());
    holder.next(this.wire);
    const early = this.#early;
    this.#early = [];
    for (const segment of early) this.#hear(segment);
  }

  #write(bytes: Uint8Array): boolean {
    if (this.#isClosed) return false;
    if (bytes.length > 0) this.#send({ bytes });
    const hasRoom = this.#pending < this.#here.buffer;
    // Once a writer was told that the buffer is full, `drained$` follows when everything has arrived.
    this.#isFull ||= !hasRoom;
    return hasRoom;
  }

  take(most: number): Segment | undefined {
    const [first] = this.#queue;
    if (first === undefined || first.bytes.length <= most) {
      this.#isQueued = first !== undefined;
      return this.#queue.shift();
    }
    this.#queue[0] = { bytes: first.bytes.subarray(most) };
    return { bytes: first.bytes.subarray(0, most) };
  }

  left(segment: Segment): void {
    const wait = this.there.comesIn(segment.bytes.length, this.#here.delay + this.there.delay);
    timer(wait).subscribe(() => this.there.receives(() => this.#other?.arrives(segment)));
  }

  /** Closes: what was written is still sent, and then the end. */
  hangUp(): void {
    if (this.#isClosed) return;
    this.#close();
    this.#send(END);
  }

  /** Breaks the connection at once, without an end. */
  reset(): void {
    if (this.#isClosed) return;
    const holder = this.#holder;
    this.#close();
    this.#queue.length = 0;
    this.#bytes$.error(this.#reset());
    holder?.error(this.#reset());
  }

  /** The machine at this end is gone: its program receives and sends nothing. */
  vanish(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#holder = undefined;
    this.#queue.length = 0;
    this.#closed();
  }

  /** @throws Error if an invariant does not hold. */
  check(): void {
    const waiting = this.#queue.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (this.#pending < waiting) throw new Error(`${waiting} bytes wait, of ${this.#pending}`);
    if (waiting > 0 && !this.#isQueued) throw new Error(`${waiting} bytes wait for no turn`);
    if (this.#isFull && this.#pending === 0 && !this.#isClosed) throw new Error('full, and nothing is under way');
  }

  #reset(): NetworkError {
    return new NetworkError('reset', addressText(this.address), 'the connection was cut off');
  }

  #send(segment: Segment): void {
    this.#pending += segment.bytes.length;
    this.#queue.push(segment);
    if (this.#isQueued) return;
    this.#isQueued = true;
    this.#here.wants(this);
  }

  /** A segment from the other end has arrived. */
  arrives(segment: Segment): void {
    this.#other?.came(segment.bytes.length);
    if (this.#isClosed) return;
    if (this.#holder === undefined) this.#early.push(segment);
    else this.#hear(segment);
  }

  #hear(segment: Segment): void {
    if (segment === END) return this.#ended();
    // As a socket delivers it: a `Buffer`, whose own `slice` does not copy.
    const { buffer, byteOffset, length } = segment.bytes;
    const lent = Buffer.from(buffer, byteOffset, length);
    this.#bytes$.next(lent);
    // Overwritten, so that bytes kept without a copy show up.
    lent.fill(0xdd);
  }

  /** This many of the bytes that were written here have arrived. */
  came(size: number): void {
    this.#pending -= size;
    if (!this.#isFull || this.#pending > 0 || this.#isClosed) return;
    this.#isFull = false;
    this.#drained$.next();
  }

  #ended(): void {
    const holder = this.#holder;
    this.#close();
    this.#queue.length = 0;
    holder?.complete();
  }

  #close(): void {
    this.#isClosed = true;
    this.#holder = undefined;
    this.#closed();
    this.#bytes$.complete();
    this.#drained$.complete();
  }
}
