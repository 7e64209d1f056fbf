import {
  BehaviorSubject,
  dematerialize,
  distinctUntilChanged,
  filter,
  materialize,
  NEVER,
  Observable,
  type ObservableNotification,
  Subscription,
  switchMap,
  timer,
} from 'rxjs';
import { type HostTime, RIGHT, type Skew } from './hostTime.ts';
import { Nat, type NatKind } from './nat.ts';
import type { Segment } from './segment.ts';

export interface HostOptions {
  /** Bytes a second that the host can send, and receive, over all its connections. Unlimited if absent. */
  readonly up?: number;
  readonly down?: number;
  /** Milliseconds from the host to the middle of the network: a packet takes the delays of both hosts. Default 5. */
  readonly delay?: number;
  /** Bytes of one connection that are under way or waiting before its buffer is *full*. Default 256 KiB. */
  readonly buffer?: number;
  /**
   * The fraction of packets from or to the host that is lost, 0 to 1: datagrams are gone, and connections are slowed
   * down if the network has `congestion`.
   */
  readonly loss?: number;
  /** Milliseconds of data that wait before the incoming line before packets are lost. Default 200. */
  readonly queue?: number;
  /** Milliseconds, at most, by which datagrams are later by chance: so they overtake each other. */
  readonly jitter?: number;
  /** The fraction of datagrams from the host that arrive twice. */
  readonly duplicates?: number;
  /** The router that the host is behind. */
  readonly nat?: NatKind;
  /** Further addresses of the host: of the other family, for example. */
  readonly also?: readonly string[];
}

/**
 * `up`: the host works. `frozen`: nothing gets in or out, as with an unplugged cable, and everything goes on later.
 * `down`: the program has ended, and other hosts are told. `gone`: the machine is off, and no host is told.
 */
export type HostState = 'up' | 'frozen' | 'down' | 'gone';

/** One direction of a connection, which has bytes to send. */
export interface Sender {
  /** The next bytes, at most `most`; undefined if there are none. */
  take(most: number): Segment | undefined;
  /** Bytes that the line carries for so many of the connection. */
  onLine(size: number): number;
  /** The bytes of a segment have left. */
  left(segment: Segment): void;
}

/** Bytes sent in a row before another connection has its turn: a block and its header. */
const SEGMENT = 2 ** 14 + 64;
const BUFFER = 2 ** 18;
const DELAY = 5;
const QUEUE = 200;

/**
 * A machine in a drawn network: its line and its state. Depends on the time and on which connections have something to
 * send. Invariants: a connection is queued at most once; only what arrives at a frozen host is held.
 */
export class DrawnHost {
  readonly address: string;
  readonly options: Readonly<HostOptions>;
  readonly addresses: readonly string[];
  readonly buffer: number;
  readonly delay: number;
  readonly queue: number;
  readonly nat: Nat | undefined;
  readonly #time: HostTime;
  readonly #skew: Skew = { ahead: 0, timers: 0 };
  readonly #state$ = new BehaviorSubject<HostState>('up');
  /** Connections that wait to send, in the order of their turns. */
  readonly #senders: Sender[] = [];
  /** What arrived while the host was frozen. */
  #held: (() => void)[] = [];
  /** Until when the outgoing and the incoming line are busy: in milliseconds, with fraction. */
  #upTaken = 0;
  #downTaken = 0;
  #sending = Subscription.EMPTY;
  #isPumping = false;
  #port = 49_152;

  constructor(address: string, options: HostOptions = {}, time: HostTime = RIGHT) {
    this.#time = time;
    this.address = address;
    this.options = options;
    this.addresses = [address, ...(options.also ?? [])];
    this.buffer = options.buffer ?? BUFFER;
    this.delay = options.delay ?? DELAY;
    this.queue = options.queue ?? QUEUE;
    this.nat = options.nat && new Nat(options.nat);
  }

  get state(): HostState {
    return this.#state$.value;
  }

  /** Timers that its programs have set, and that are not over. */
  get timers(): number {
    return this.#skew.timers;
  }

  /** A port that is not in use. */
  nextPort(): number {
    return this.#port++;
  }

  /** Emits each time that the state changes. */
  readonly changes$: Observable<HostState> = this.#state$.pipe(distinctUntilChanged());

  /** Nothing gets in or out until {@link comeBack}; connections stay open. */
  freeze(): void {
    if (this.state === 'up') this.#state$.next('frozen');
  }

  /**
   * Ends the programs of the host. The other hosts are told that its connections are gone, unless `silently`: then they
   * have to find out.
   */
  crash(how: 'loudly' | 'silently' = 'loudly'): void {
    this.#held = [];
    this.#state$.next(how === 'silently' ? 'gone' : 'down');
    this.#senders.length = 0;
  }

  /** Recovers from any of these states. */
  comeBack(): void {
    this.#state$.next('up');
    const held = this.#held;
    this.#held = [];
    for (const arrive of held) this.enters(arrive);
    this.#pump();
  }

  /** Its clock is set forward by so many milliseconds, or back if negative. Timers go on as they were. */
  jumps(by: number): void {
    this.#skew.ahead += by;
  }

  /** Milliseconds that really pass, whatever its clock shows. */
  now(): number {
    return this.#time.now();
  }

  /** Does something as a program of this host, by whose clock it goes. */
  enters(act: () => void): void {
    this.#time.within(this.#skew, act);
  }

  /** Does something as the network: timers that it sets are none of this host's programs. */
  outside(act: () => void): void {
    this.#time.within(undefined, act);
  }

  /**
   * Runs a program on the host: it is unsubscribed when the host crashes, and subscribed anew when the host is back.
   *
   * ```
   * program  -a-b-c|
   * host     ---!--^
   * gives    -a-----a-b-c|
   * ```
   */
  runs<T>(program$: Observable<T>): Observable<T> {
    const entered$ = new Observable<ObservableNotification<T>>((subscriber) =>
      this.enters(() => subscriber.add(program$.pipe(materialize()).subscribe(subscriber))),
    );
    const isAlive = (state: HostState): boolean => state === 'up' || state === 'frozen';
    return this.#state$.pipe(
      filter((state) => state !== 'frozen'),
      distinctUntilChanged((one, other) => isAlive(one) === isAlive(other)),
      switchMap((state) => (isAlive(state) ? entered$ : NEVER)),
      dematerialize(),
    );
  }

  /** Queues `sender`, which has something to send. */
  wants(sender: Sender): void {
    this.#senders.push(sender);
    this.#pump();
  }

  /** Milliseconds until a datagram has left; undefined if too much waits to leave, so that it is dropped. */
  goesOut(size: number): number | undefined {
    const at = this.#time.now();
    const wait = Math.max(0, this.#upTaken - at);
    if (wait > this.queue) return undefined;
    this.#upTaken = at + wait + (size * 1000) / (this.options.up ?? Infinity);
    return this.#upTaken - at;
  }

  /** Milliseconds until the last of `size` bytes arrives that leave now from a host with this delay. */
  comesIn(size: number, delay: number): number {
    const { down = Infinity } = this.options;
    const at = this.#time.now();
    this.#downTaken = Math.max(at + delay, this.#downTaken) + (size * 1000) / down;
    // What left later does not arrive sooner, also by rounding.
    return Math.ceil(this.#downTaken) - at;
  }

  /** Milliseconds that what leaves now with this delay will wait before the incoming line. */
  behind(delay: number): number {
    return Math.max(0, this.#downTaken - this.#time.now() - delay);
  }

  /** Something has arrived: it is handled now, or when the host thaws, or never. */
  receives(arrive: () => void): void {
    if (this.state === 'up') this.enters(arrive);
    else if (this.state === 'frozen') this.#held.push(arrive);
  }

  /** @throws Error if an invariant does not hold. */
  check(): void {
    if (new Set(this.#senders).size !== this.#senders.length) throw new Error('somebody waits for two turns');
    if (this.#held.length > 0 && this.state !== 'frozen') throw new Error('something is held, and nothing is frozen');
  }

  /** Sends what is waiting, one segment from each connection in turn. */
  #pump(): void {
    if (this.#isPumping || !this.#sending.closed) return;
    this.#isPumping = true;
    while (this.state === 'up' && this.#senders.length > 0 && this.#sending.closed) this.#sendOne();
    this.#isPumping = false;
  }

  #sendOne(): void {
    const sender = this.#senders.shift();
    const segment = sender?.take(SEGMENT);
    if (sender === undefined || segment === undefined) return;
    const left = (): void => {
      sender.left(segment);
      this.#senders.push(sender);
    };
    const at = this.#time.now();
    // Timers are in whole milliseconds: a line that is never idle makes up for the rounding.
    const from = at - this.#upTaken < 1 ? this.#upTaken : at;
    this.#upTaken = from + (sender.onLine(segment.size) * 1000) / (this.options.up ?? Infinity);
    const wait = Math.ceil(this.#upTaken - at);
    if (wait <= 0) return left();
    const sent = (): void => {
      this.#sending = Subscription.EMPTY;
      if (this.state !== 'down' && this.state !== 'gone') left();
      this.#pump();
    };
    this.outside(() => (this.#sending = timer(wait).subscribe(sent)));
  }
}
