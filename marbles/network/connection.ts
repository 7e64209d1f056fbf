import { Subject, type Subscriber, Subscription, timer } from 'rxjs';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { PeerAddress, Wire } from '../../src/contracts/network.ts';
import { addressText } from '../../src/protocol/encoding/address.ts';
import { type CongestionWindow, onLine } from './congestion.ts';
import type { DrawnHost, Sender } from './host.ts';
import { cut, END, type Segment, type Segments } from './segment.ts';

export interface EndOptions {
  /** Called once this end is no longer used. */
  readonly closed: () => void;
  /** Called with the size of each segment that leaves. */
  readonly sent: (size: number) => void;
  readonly window: CongestionWindow | undefined;
  /** The memory of all connections. */
  readonly memory: Segments;
}

/**
 * One end of a connection between two hosts, with the wire of the program at this end. Depends on both hosts' lines,
 * and on the window of the connection, if it has one.
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
  readonly #sent: (size: number) => void;
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
  /** How much may be under way to the other end; as much as the line takes if undefined. */
  readonly #window: CongestionWindow | undefined;
  readonly #memory: Segments;
  #answer = Subscription.EMPTY;

  constructor(here: DrawnHost, there: DrawnHost, address: PeerAddress, { closed, sent, window, memory }: EndOptions) {
    this.#here = here;
    this.#sent = sent;
    this.#window = window;
    this.#memory = memory;
    this.there = there;
    this.address = address;
    this.#closed = closed;
    this.wire = {
      address,
      bytes$: this.#bytes$.asObservable(),
      drained$: this.#drained$.asObservable(),
      write: (bytes) => this.#write(bytes),
      room: (size) => memory.room(size),
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
    for (const segment of this.#memory.written(bytes)) this.#send(segment);
    const hasRoom = this.#pending < this.#buffer;
    // Once a writer was told that the buffer is full, `drained$` follows when everything has arrived.
    this.#isFull ||= !hasRoom;
    return hasRoom;
  }

  /** Bytes that wait, or are under way, beyond what the buffer holds. */
  get excess(): number {
    return Math.max(0, this.#pending - this.#buffer);
  }

  /** The buffer grows with what may be under way, as that of a system does. */
  get #buffer(): number {
    return Math.max(this.#here.buffer, this.#window?.buffer ?? 0);
  }

  take(line: number): Segment | undefined {
    const [first] = this.#queue;
    const room = first === undefined || first.size === 0 ? Infinity : (this.#window?.room() ?? Infinity);
    if (room === 0) return this.#waits();
    const most = Math.min(line, room);
    if (first === undefined || first.size <= most) {
      this.#isQueued = first !== undefined;
      return this.#queue.shift();
    }
    const [now, later] = cut(first, most);
    this.#queue[0] = later;
    return now;
  }

  /** Has no turn until there is room in the window. */
  #waits(): undefined {
    this.#here.outside(() => {
      this.#answer = timer(this.#window?.wait ?? 0).subscribe(() => this.#here.wants(this));
    });
    return undefined;
  }

  onLine(size: number): number {
    return this.#window === undefined ? size : onLine(size);
  }

  left(segment: Segment): void {
    const size = segment.size;
    this.#sent(size);
    const behind = this.there.behind(this.#here.delay + this.there.delay);
    const wait = this.there.comesIn(this.onLine(size), this.#here.delay + this.there.delay);
    const arrival = this.#window?.sent(size, { wait, behind, queue: this.there.queue }) ?? wait;
    const arrived = (): void => this.there.receives(() => this.#other?.arrives(segment));
    this.#here.outside(() => timer(arrival).subscribe(arrived));
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
    this.#forget();
    this.#bytes$.error(this.#reset());
    holder?.error(this.#reset());
  }

  /** The machine at this end is gone: its program receives and sends nothing. */
  vanish(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#holder = undefined;
    this.#forget();
    this.#closed();
  }

  /** What waits is not sent. */
  #forget(): void {
    this.#queue.length = 0;
    this.#answer.unsubscribe();
  }

  /** @throws Error if an invariant does not hold. */
  check(): void {
    const waiting = this.#queue.reduce((sum, { size }) => sum + size, 0);
    if (this.#pending < waiting) throw new Error(`${waiting} bytes wait, of ${this.#pending}`);
    if (waiting > 0 && !this.#isQueued) throw new Error(`${waiting} bytes wait for no turn`);
    if (this.#isFull && this.#pending === 0 && !this.#isClosed) throw new Error('full, and nothing is under way');
    this.#window?.check();
  }

  #reset(): NetworkError {
    return new NetworkError('reset', addressText(this.address), 'the connection was reset');
  }

  #send(segment: Segment): void {
    this.#pending += segment.size;
    this.#queue.push(segment);
    if (this.#isQueued) return;
    this.#isQueued = true;
    this.#here.wants(this);
  }

  /** A segment from the other end has arrived. */
  arrives(segment: Segment): void {
    this.#other?.came(segment.size);
    if (this.#isClosed) return;
    if (this.#holder === undefined) this.#early.push(segment);
    else this.#hear(segment);
  }

  #hear(segment: Segment): void {
    if (segment === END) return this.#ended();
    this.#memory.lend(segment, (bytes) => this.#bytes$.next(bytes));
  }

  /** This many of the bytes that were written here have arrived. */
  came(size: number): void {
    this.#pending -= size;
    const isStillFull = this.#window === undefined ? this.#pending > 0 : this.#pending >= this.#buffer;
    if (!this.#isFull || isStillFull || this.#isClosed) return;
    this.#isFull = false;
    this.#here.enters(() => this.#drained$.next());
  }

  #ended(): void {
    const holder = this.#holder;
    this.#close();
    this.#forget();
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
