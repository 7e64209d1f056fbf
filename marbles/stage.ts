import { Observable, Subscription } from 'rxjs';
import { TestScheduler, type RunHelpers } from 'rxjs/testing';
import type { Message } from '../src/protocol/peer/messages.ts';
import type { Torrent } from '../src/torrent/metainfo/metainfo.ts';
import { Geometry } from '../src/torrent/geometry.ts';
import type { Backdrop, Playing } from './backdrop.ts';
import { Clock } from './clock.ts';
import { DrawingError, difference, subscriptionDifference, type Subscribed } from './expectation.ts';
import type { Mark } from './lane.ts';
import { Ledger } from './ledger.ts';
import { drawPeer, type DrawnPeer, type PeerOptions } from './peer.ts';
import type { Skew } from './network/hostTime.ts';
import { DrawnNetwork, type NetworkOptions } from './network/network.ts';
import { checkCopy, withOneCopy } from './secondCopy.ts';
import { own } from './speech.ts';
import { torrentOf, type Size } from './torrent.ts';
import { drawWire, type DrawnWire, type WireOptions } from './wire.ts';
import { wordsFor } from './words.ts';
import { drawWorld, type World, type WorldOptions } from './world.ts';

/** What a stream or a record is compared with. */
export interface ToBe {
  /** `#` stands for `error`, letters for `values`; without `values` each letter stands for itself, as in the README. */
  toBe(lane: string, values?: Readonly<Record<string, unknown>>, error?: unknown): void;
}

/** How a drawing is set up. */
export interface DrawingOptions {
  readonly torrent?: Size | Torrent;
  /** What is left open at the end is meant to be left open. */
  readonly mayLeak?: boolean;
}

/** Virtual hours after which the drawing ends, whatever is still going on. */
const HOURS = 24;

/** Everything a drawing may use. */
export class Stage implements Backdrop {
  readonly torrent: Torrent;
  readonly geometry: Geometry;
  /** Makes messages by block number, counted from 1, or piece index. */
  readonly words: ReturnType<typeof wordsFor>;
  readonly ledger = new Ledger();
  readonly #clock: Clock;
  readonly #helpers: RunHelpers;
  readonly #audience = new Subscription();
  readonly #checks: { readonly at: DrawingError; readonly run: () => string | undefined }[] = [];
  readonly #sources: { readonly name: string; readonly logs: readonly Subscribed[] }[] = [];
  #hosts = 0;

  constructor(clock: Clock, helpers: RunHelpers, size: Size | Torrent = {}) {
    this.#clock = clock;
    this.#helpers = helpers;
    this.torrent = 'infoHash' in size ? size : torrentOf(size);
    this.geometry = new Geometry(this.torrent);
    this.words = wordsFor(this.geometry);
  }

  readonly now = (): number => this.#clock.frame;

  /** Does something as a program whose clock is not right. */
  within(skew: Skew | undefined, act: () => void): void {
    this.#clock.within(skew, act);
  }

  /** Milliseconds up to the `|` of a lane. */
  readonly time = (lane: string): number => this.#helpers.time(lane);

  readonly cold: RunHelpers['cold'] = (lane, values, error) => {
    const source = this.#helpers.cold(lane, values, error);
    this.#sources.push({ name: `cold('${lane.trim()}')`, logs: source.subscriptions });
    return source;
  };

  readonly hot: RunHelpers['hot'] = (lane, values, error) => {
    const source = this.#helpers.hot(lane, values, error);
    this.#sources.push({ name: `hot('${lane.trim()}')`, logs: source.subscriptions });
    return source;
  };

  /** A peer after the handshake that sends what the lane has; letters as in `LETTERS`, digits are blocks. */
  readonly peer = (lane: string, values?: Readonly<Record<string, Message>>, options?: PeerOptions): DrawnPeer => {
    const peer = drawPeer(this, this.#nextHost(), lane, values, options);
    this.#sources.push({ name: `messages$ of peer('${lane.trim()}')`, logs: peer.subscriptions });
    return peer;
  };

  /** An open connection that carries what the lane has. */
  readonly wire = (
    lane: string,
    values?: Readonly<Record<string, Uint8Array | Message>>,
    options?: WireOptions,
  ): DrawnWire => {
    const wire = drawWire(this, this.#nextHost(), lane, values, options);
    this.#sources.push({ name: `bytes$ of wire('${lane.trim()}')`, logs: wire.subscriptions });
    return wire;
  };

  /**
   * What a stream emits, subscribed to as the subscription lane says: `'^---!'`, or `'  --^'`, or from the beginning.
   */
  readonly gives = (stream$: Observable<unknown>, subscription: string | null = null): ToBe =>
    this.#expect('gives', this.watch(stream$, subscription));

  /** The marks of a stream, added as time passes: for expectations that are not lanes. */
  readonly watch = (stream$: Observable<unknown>, subscription: string | null = null): readonly Mark[] => {
    checkCopy(stream$);
    const received: Mark[] = [];
    const { subscribedFrame, unsubscribedFrame } = TestScheduler.parseMarblesAsSubscriptions(subscription, true);
    let listening: Subscription | undefined;
    const mark = (kind: Mark['kind'], value?: unknown): void =>
      void received.push({ frame: this.now(), kind, value: snapshot(value) });
    const listen = (): void => {
      listening = stream$.subscribe({
        next: (value) => mark('value', value),
        error: (error: unknown) => mark('error', error),
        complete: () => mark('end'),
      });
      this.#audience.add(listening);
    };
    this.#clock.schedule(listen, Number.isFinite(subscribedFrame) ? subscribedFrame : 0);
    if (Number.isFinite(unsubscribedFrame)) this.#clock.schedule(() => listening?.unsubscribe(), unsubscribedFrame);
    return received;
  };

  /** The messages sent to a peer or a wire, one letter each. */
  readonly sends = (to: { readonly sent: readonly Mark[] }): ToBe => this.#expect('sends', to.sent);

  /** The requests sent to a peer or a wire, as the digits of the requested blocks. */
  readonly asks = (to: { readonly sent: readonly Mark[] }): ToBe => {
    const asked: Mark[] = [];
    this.#check(
      () => void asked.push(...to.sent.filter(isRequest).map((mark) => ({ ...mark, value: this.#digit(mark) }))),
    );
    return this.#expect('asks', asked);
  };

  /** What was recorded of a world: `happens(world.dials)`. */
  readonly happens = (marks: readonly Mark[]): ToBe => this.#expect('happens', marks);

  /** The outside world, drawn. */
  readonly world = (options?: WorldOptions): World => drawWorld(this, options);

  /** A network of machines, each with a world of its own. */
  readonly network = (options?: NetworkOptions): DrawnNetwork => new DrawnNetwork(this, options);

  /** When something was subscribed to: one lane for each subscription. */
  readonly expectSubscriptions = (logs: readonly Subscribed[]): { toBe(lanes: string | readonly string[]): void } => ({
    toBe: (lanes) =>
      this.#check(() => subscriptionDifference('subscriptions', logs, typeof lanes === 'string' ? [lanes] : lanes)),
  });

  readonly play = (marks: readonly Mark[], on: Playing): void => {
    const source = this.#helpers.hot<string>('');
    for (const { frame, kind, value } of marks) {
      const notification =
        kind === 'value'
          ? { kind: 'N' as const, value: value as string }
          : kind === 'end'
            ? { kind: 'C' as const }
            : { kind: 'E' as const, error: 0 };
      source.messages.push({ frame, notification });
    }
    source.subscribe({ next: (letter) => on.value(letter), complete: () => on.end?.(), error: () => on.error?.() });
  };

  /** Lets time pass, compares, unsubscribes from everything watched, and looks for what was left open. */
  finish({ mayLeak = false }: DrawingOptions): void {
    this.#clock.maxFrames = HOURS * 3_600_000;
    this.#helpers.flush();
    const failures = this.#checks
      .flatMap(({ at, run }) => ({ at, text: run() }))
      .filter(({ text }) => text !== undefined);
    this.#audience.unsubscribe();
    this.#helpers.flush();
    if (failures.length === 0 && !mayLeak)
      failures.push(...this.#leaks().map((text) => ({ at: new DrawingError(), text })));
    if (failures[0] === undefined) return;
    const texts = failures.map(({ at, text }) =>
      failures.length > 1 ? text?.replace('\n', `, in line ${lineOf(at)}\n`) : text,
    );
    throw told(failures[0].at, `\n${texts.join('\n')}`);
  }

  /** Registers a check for the end of the drawing; if it fails, the error points to the line that registered it. */
  #check(run: () => string | undefined): void {
    this.#checks.push({ at: new DrawingError(), run });
  }

  #leaks(): readonly string[] {
    const listening = this.#sources.filter(({ logs }) =>
      logs.some(({ unsubscribedFrame }) => unsubscribedFrame === Infinity),
    );
    return [
      ...listening.map(({ name }) => `left subscribed at the end: ${name}`),
      ...this.ledger.left.map((what) => `left open at the end: ${what}`),
    ];
  }

  #expect(name: string, received: readonly Mark[]): ToBe {
    let drawn = false;
    this.#check(() => (drawn ? undefined : `${name}(…) says nothing without .toBe(…)`));
    return {
      toBe: (lane, values, error) => {
        drawn = true;
        this.#check(() => difference(name, received, { lane, values, error }, this.geometry));
      },
    };
  }

  #digit({ value }: Mark): string {
    const { piece, begin } = value as { readonly piece: number; readonly begin: number };
    return String(piece * this.geometry.blocksPerPiece + begin / 16384 + 1);
  }

  #nextHost(): string {
    this.#hosts++;
    return `10.0.0.${this.#hosts}`;
  }
}

/** The stack lines of an error, without those of the stage itself. */
const callsOf = ({ stack = '' }: Error): readonly string[] =>
  stack.split('\n').filter((line) => /^ +at /.test(line) && !/marbles.stage\.[jt]s:/.test(line));

const lineOf = (error: Error): string => /:(\d+):\d+\)?$/.exec(callsOf(error)[0] ?? '')?.[1] ?? '?';

const told = (error: DrawingError, message: string): DrawingError => {
  error.message = message;
  error.stack = [`${error.name}: ${message}`, ...callsOf(error)].join('\n');
  return error;
};

const isRequest = ({ value }: Mark): boolean => (value as { readonly type?: string }).type === 'request';

/** Bytes are lent, so a value that is compared later is copied now. */
const snapshot = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return own(value);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const { bytes } = value as { readonly bytes?: unknown };
  return bytes instanceof Uint8Array ? { ...value, bytes: own(bytes) } : value;
};

/** A drawing as the body of a test: `it('keeps order', drawn(({ cold, gives }) => { … }))`. Runs on virtual time. */
export const drawn =
  (scene: (stage: Stage) => void, options: DrawingOptions = {}) =>
  (): void => {
    const clock = new Clock();
    const play = (): void =>
      clock.run((helpers) => {
        const stage = new Stage(clock, helpers, options.torrent);
        scene(stage);
        stage.finish(options);
      });
    withOneCopy(play);
  };
