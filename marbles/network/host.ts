import {
  BehaviorSubject,
  dematerialize,
  distinctUntilChanged,
  filter,
  materialize,
  NEVER,
  type Observable,
  Subscription,
  switchMap,
  timer,
} from 'rxjs';
import { now } from '../../src/contracts/clock.ts';

export interface HostOptions {
  /** Bytes a second that it can send, and receive, over all its connections. Without limit if not given. */
  readonly up?: number;
  readonly down?: number;
  /** Milliseconds from here to the middle of the network: what goes to another host takes both their delays. 5. */
  readonly delay?: number;
  /** Bytes of one connection that are under way, or wait for it, before it is *full*. 256 KiB. */
  readonly buffer?: number;
  /** The part of the datagrams from or to it that is lost, 0 to 1. */
  readonly loss?: number;
  /** Addresses that it has, too: of the other family, for example. */
  readonly also?: readonly string[];
}

/**
 * `up`: all is well. `frozen`: nothing gets in or out, as with a cable that is pulled, and goes on when it is back.
 * `down`: the program is gone, and others are told so. `gone`: the machine is, and nobody is told.
 */
export type HostState = 'up' | 'frozen' | 'down' | 'gone';

/** What has bytes to send: one direction of a connection. */
export interface Sender {
  /** The next bytes, at most so many; undefined if there are none. */
  take(most: number): Segment | undefined;
  /** They are on their way. */
  left(segment: Segment): void;
}

/** Bytes that travel together; none for the end of a direction. */
export interface Segment {
  readonly bytes: Uint8Array;
}

/** Bytes that are sent in a row before another connection has its turn: a block and its head. */
const SEGMENT = 2 ** 14 + 64;
const BUFFER = 2 ** 18;
const DELAY = 5;

/**
 * A machine in a drawn network: its line, and how it fares. Depends on the time and on who has something to send.
 * Invariants: nobody waits for two turns to send; only what comes to a frozen host is held.
 */
export class DrawnHost {
  readonly address: string;
  readonly options: Readonly<HostOptions>;
  readonly addresses: readonly string[];
  readonly buffer: number;
  readonly delay: number;
  readonly #state$ = new BehaviorSubject<HostState>('up');
  /** Who waits to send, in the order of their turns. */
  readonly #senders: Sender[] = [];
  /** What has come while it was frozen. */
  #held: (() => void)[] = [];
  /** Until when the line out of here, and into here, is taken: in milliseconds, with fraction. */
  #upTaken = 0;
  #downTaken = 0;
  #sending = Subscription.EMPTY;
  #isPumping = false;
  #port = 49_152;

  constructor(address: string, options: HostOptions = {}) {
    this.address = address;
    this.options = options;
    this.addresses = [address, ...(options.also ?? [])];
    this.buffer = options.buffer ?? BUFFER;
    this.delay = options.delay ?? DELAY;
  }

  get state(): HostState {
    return this.#state$.value;
  }

  /** A port that nobody has asked for. */
  nextPort(): number {
    return this.#port++;
  }

  /** Emits each time that the state changes. */
  readonly changes$: Observable<HostState> = this.#state$.pipe(distinctUntilChanged());

  /** Nothing gets in or out any more, until {@link comeBack}; connections stay. */
  freeze(): void {
    if (this.state === 'up') this.#state$.next('frozen');
  }

  /**
   * What runs here ends; others are told that its connections are gone, unless `silently`: then they have to find out.
   */
  crash(how: 'loudly' | 'silently' = 'loudly'): void {
    this.#held = [];
    this.#state$.next(how === 'silently' ? 'gone' : 'down');
    this.#senders.length = 0;
  }

  /** From whatever has happened to it. */
  comeBack(): void {
    this.#state$.next('up');
    const held = this.#held;
    this.#held = [];
    for (const arrive of held) arrive();
    this.#pump();
  }

  /**
   * Runs a program here: it is unsubscribed when the host crashes, and subscribed anew when that is back.
   *
   * ```
   * program  -a-b-c|
   * host     ---!--^
   * gives    -a-----a-b-c|
   * ```
   */
  runs<T>(program$: Observable<T>): Observable<T> {
    const isAlive = (state: HostState): boolean => state === 'up' || state === 'frozen';
    return this.#state$.pipe(
      filter((state) => state !== 'frozen'),
      distinctUntilChanged((one, other) => isAlive(one) === isAlive(other)),
      switchMap((state) => (isAlive(state) ? program$.pipe(materialize()) : NEVER)),
      dematerialize(),
    );
  }

  /** `sender` has something to send, and gets its turn. */
  wants(sender: Sender): void {
    this.#senders.push(sender);
    this.#pump();
  }

  /** Milliseconds until `size` bytes that leave now from a host so far away have all come. */
  comesIn(size: number, delay: number): number {
    const { down = Infinity } = this.options;
    const at = now();
    this.#downTaken = Math.max(at + delay, this.#downTaken) + (size * 1000) / down;
    return Math.ceil(this.#downTaken - at);
  }

  /** Something has come: now, or when the host thaws, or never. */
  receives(arrive: () => void): void {
    if (this.state === 'up') arrive();
    else if (this.state === 'frozen') this.#held.push(arrive);
  }

  /** @throws Error if an invariant does not hold. */
  check(): void {
    if (new Set(this.#senders).size !== this.#senders.length) throw new Error('somebody waits for two turns');
    if (this.#held.length > 0 && this.state !== 'frozen') throw new Error('something is held, and nothing is frozen');
  }

  /** Sends what there is, one segment after the other, each from the next one in turn. */
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
    const at = now();
    // Time comes in whole milliseconds: what a line that is never idle has lost by that is made up for.
    const from = at - this.#upTaken < 1 ? this.#upTaken : at;
    this.#upTaken = from + (segment.bytes.length * 1000) / (this.options.up ?? Infinity);
    const wait = Math.ceil(this.#upTaken - at);
    if (wait <= 0) return left();
    this.#sending = timer(wait).subscribe(() => {
      this.#sending = Subscription.EMPTY;
      if (this.state !== 'down' && this.state !== 'gone') left();
      this.#pump();
    });
  }
}
