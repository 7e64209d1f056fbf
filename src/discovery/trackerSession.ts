import {
  catchError,
  concat,
  defer,
  EMPTY,
  filter,
  finalize,
  from,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  race,
  share,
  Subject,
  takeUntil,
  throwError,
  timer,
} from 'rxjs';
import { now } from '../clock.ts';
import type { Announced, Env, PeerAddress, TrackerStatus, Warning } from '../env.ts';
import { TrackerError } from '../errors.ts';
import { type AnnounceQuery, type AnnounceSuccess, DEFAULT_INTERVAL, MAX_INTERVAL, MIN_INTERVAL } from '../protocol/httpTracker.ts';
import { shownUrl } from '../protocol/shownUrl.ts';
import type { Announce } from './announce.ts';
import { announceOverHttp, STOPPED_TIMEOUT } from './httpTracker.ts';
import { defaultPace, type TrackerPace } from './pace.ts';
import { Tiers, type Tracker } from './tiers.ts';
import { announceOverUdp, type UdpEnv } from './udpTracker.ts';

export const NUMWANT = 200;
/** Milliseconds that a goodbye may take in all. */
export const GOODBYE_TIMEOUT = 5000;

export type TrackerEnv = Pick<Env, 'httpGet' | 'random'> & UdpEnv;

export interface TrackerPeersOptions {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
  /** Where we listen. */
  readonly port: number;
  /** URLs, BEP 12. */
  readonly tiers: readonly (readonly string[])[];
  /** Those of them that people gave themselves: they may lead to private addresses. */
  readonly given?: readonly string[];
  /** Bytes; asked before each announce. */
  readonly totals: () => { readonly uploaded: number; readonly downloaded: number; readonly left: number };
  /** Have we all that we want of it, but not all? Then trackers are told so with each announce. No if not given. BEP 21. */
  readonly partial?: () => boolean;
  /** How many peers are wanted now; while it is above zero, announces come early. */
  readonly wanted$: Observable<number>;
  /** Emits when the last piece is there. What was complete from the start is not announced. */
  readonly completed$: Observable<unknown>;
  readonly report?: (event: Announced | TrackerStatus | Warning) => void;
  /** How often; {@link defaultPace} if not given. */
  readonly pace?: TrackerPace;
  /** Hears at what address a tracker sees us, if it says so. BEP 24. */
  readonly seenAs?: (host: string) => void;
}

type Event = AnnounceQuery['event'];

/**
 * What one subscription of `trackerPeers` says to whom, and what it was told. What the next word depends on: whether this
 * tracker has accepted `started`, whether `completed` is still to be said, the intervals of the last answer, and for how
 * many answers in a row we were early, and who has been silent for long and may still answer. Invariant: `completed` is accepted once at most, and `stopped` is said only to those who know us.
 */
export class TrackerSession {
  readonly tiers: Tiers;
  /** What silent trackers say in the end: they are asked on, beside the rounds, until any tracker answers. */
  readonly late$: Observable<PeerAddress>;
  /** Emits when one of them has answered. */
  readonly lateAnswer$: Observable<Tracker>;
  readonly #late$ = new Subject<Observable<PeerAddress>>();
  readonly #answers$ = new Subject<Tracker>();
  readonly #announcers: Readonly<Record<string, Announce>>;
  readonly #options: TrackerPeersOptions;
  readonly #key: string;
  #completed: 'no' | 'pending' | 'said' = 'no';
  #wanted = 0;
  /** Milliseconds. */
  #interval = DEFAULT_INTERVAL * 1000;
  #minInterval: number;
  readonly #pace: TrackerPace;
  #answeredAt = -Infinity;
  #earlyInRow = 0;

  constructor(env: TrackerEnv, options: TrackerPeersOptions) {
    this.tiers = new Tiers(options.tiers, env.random);
    this.#options = options;
    this.#pace = options.pace ?? defaultPace.trackers;
    this.#minInterval = this.#pace.atLeast;
    this.#key = Buffer.from(env.randomBytes(4)).toString('hex');
    const given = (url: string): boolean => options.given?.includes(url) === true;
    const http = announceOverHttp(env, given);
    this.#announcers = { 'http:': http, 'https:': http, 'udp:': announceOverUdp(env, given) };
    this.late$ = this.#late$.pipe(mergeMap((answer$) => answer$));
    this.lateAnswer$ = this.#answers$.pipe(filter(({ asked }) => asked === 'late'));
  }

  /** Milliseconds after an answer until the next regular announce. */
  readonly atMost = (): number => this.#interval;

  /** Milliseconds after an answer until an early one: longer each time, as a swarm that stays small is no reason to hurry. */
  readonly atLeast = (): number => {
    if (this.#completed === 'pending') return 0;
    return this.#wanted > 0 ? Math.min(this.#interval, this.#minInterval * 2 ** this.#earlyInRow) : this.#interval;
  };

  wants(count: number): void {
    // To have enough for a moment is no reason to begin a new row of early announces.
    this.#wanted = count;
  }

  completes(): void {
    this.#completed = 'pending';
  }

  /** Nothing more is to be heard. */
  ends(): void {
    this.#late$.complete();
  }

  /** Asks one after the other until one answers. Errors with a `TrackerError` if none does. */
  round(): Observable<PeerAddress> {
    const ready = this.tiers.ready(now());
    const nobody = throwError(() => new TrackerError(this.tiers.all.length > 0 ? 'unreachable' : 'unsupported-scheme', 'no tracker answers', this.#never()));
    const round$ = ready.reduceRight<Observable<PeerAddress>>((others, tracker, index) => {
      const failedBefore = ready.slice(0, index);
      const failed = (error: unknown) => {
        this.#failed(tracker, error);
        return others;
      };
      return this.#hurried(tracker, this.#ask(tracker, failedBefore)).pipe(catchError(failed));
    }, nobody);
    return round$.pipe(takeUntil(this.lateAnswer$));
  }

  /** Says goodbye to everyone who knows us. Never errors, and takes five seconds at most. */
  goodbye(): Observable<never> {
    const tell = (tracker: Tracker, event: Event) =>
      this.#send(tracker, event).pipe(
        catchError(() => EMPTY),
        takeUntil(timer(STOPPED_TIMEOUT)),
      );
    const known = this.tiers.all.filter(({ started }) => started);
    const all = known.map((tracker, index) =>
      concat(index === 0 && this.#completed === 'pending' ? tell(tracker, 'completed') : EMPTY, tell(tracker, 'stopped')),
    );
    return merge(...all).pipe(ignoreElements(), takeUntil(timer(GOODBYE_TIMEOUT)));
  }

  /** Errors when there is no answer for long; it is still waited for, but elsewhere. */
  #hurried(tracker: Tracker, ask$: Observable<PeerAddress>): Observable<PeerAddress> {
    return defer(() => {
      const answer$ = ask$.pipe(share());
      const failed = (error: unknown) => {
        this.#failed(tracker, error);
        return EMPTY;
      };
      const elsewhere$ = timer(this.#pace.patience).pipe(
        mergeMap(() => {
          tracker.asked = 'late';
          this.#late$.next(answer$.pipe(catchError(failed), takeUntil(this.#answers$.pipe(filter((other) => other !== tracker)))));
          return throwError(() => new TrackerError('timeout', `no answer within ${this.#pace.patience / 1000} s`));
        }),
      );
      return race(answer$, elsewhere$);
    });
  }

  #ask(tracker: Tracker, failedBefore: readonly Tracker[]): Observable<PeerAddress> {
    return defer(() => {
      tracker.asked = 'now';
      this.#tell(tracker, 'asking');
      const event = !tracker.started ? 'started' : this.#completed === 'pending' ? 'completed' : this.#options.partial?.() ? 'paused' : undefined;
      return this.#reply(tracker, event, failedBefore);
    }).pipe(finalize(() => (tracker.asked = 'no')));
  }

  #reply(tracker: Tracker, event: Event, failedBefore: readonly Tracker[]): Observable<PeerAddress> {
    return this.#send(tracker, event).pipe(
      mergeMap((reply) => {
        this.#answered(tracker, event, reply, failedBefore);
        const peers$ = from(reply.peers).pipe(map(({ host, port }): PeerAddress => ({ host, port, source: 'tracker' })));
        // Whoever heard just now that we exist hears next that we are done.
        return concat(
          peers$,
          defer(() => (this.#completed === 'pending' ? this.#ask(tracker, []) : EMPTY)),
        );
      }),
    );
  }

  #send(tracker: Tracker, event: Event): Observable<AnnounceSuccess> {
    return defer(() => {
      const { infoHash, peerId, port, totals } = this.#options;
      const announce = this.#announcers[/^[a-z]+:/i.exec(tracker.url)?.[0].toLowerCase() ?? ''];
      if (announce === undefined) throw new TrackerError('unsupported-scheme', 'not asked, only http, https and udp are supported', { retryIn: 'never' });
      const numwant = event === 'stopped' ? 0 : NUMWANT;
      return announce(tracker.url, { infoHash, peerId, port, ...totals(), event, numwant, key: this.#key, trackerId: tracker.id });
    });
  }

  #answered(
    tracker: Tracker,
    event: Event,
    { interval, minInterval, trackerId, externalIp, peers, seeds, leechers, warning }: AnnounceSuccess,
    failed: readonly Tracker[],
  ): void {
    tracker.started = true;
    if (externalIp !== undefined) this.#options.seenAs?.(externalIp);
    tracker.id = trackerId ?? tracker.id;
    if (event === 'completed') this.#completed = 'said';
    if (event === undefined || event === 'paused') this.#earlyInRow = now() - this.#answeredAt < this.#interval ? this.#earlyInRow + 1 : 0;
    this.#answeredAt = now();
    this.#minInterval = minInterval === undefined ? this.#pace.atLeast : milliseconds(minInterval, MIN_INTERVAL);
    this.#interval = Math.max(milliseconds(interval, DEFAULT_INTERVAL), minInterval === undefined ? 0 : this.#minInterval);
    this.tiers.answered(tracker, failed, now() + this.#interval);
    const counts = { ...(seeds === undefined ? {} : { seeds }), ...(leechers === undefined ? {} : { leechers }) };
    Object.assign(tracker, { failures: 0, lastAnswer: now(), nextAnnounce: now() + this.#interval, counts: { peers: peers.length, ...counts } });
    this.#answers$.next(tracker);
    this.#tell(tracker, 'working');
    this.#report({ type: 'announced', url: tracker.url, peers: peers.length, interval: this.#interval / 1000, ...counts });
    if (warning !== undefined) this.#report({ type: 'warning', code: 'warning-message', message: `${shownUrl(tracker.url)}: warns "${warning}"` });
  }

  #failed(tracker: Tracker, error: unknown): void {
    if (!(error instanceof TrackerError)) throw error;
    const { retryIn, code, message } = error;
    tracker.failures++;
    delete tracker.nextAnnounce;
    if (retryIn === 'never') this.tiers.dropped(tracker);
    else if (retryIn !== undefined) tracker.nextAnnounce = tracker.restsUntil = now() + retryIn * 60_000;
    const name = shownUrl(tracker.url);
    const told = message.startsWith(name) ? message : `${name}: ${message}`;
    this.#tell(tracker, retryIn === 'never' ? 'dropped' : 'failing', { code, message: told });
    this.#report({ type: 'warning', code, message: told });
  }

  #never(): { readonly retryIn?: 'never' } {
    return this.tiers.all.length > 0 ? {} : { retryIn: 'never' };
  }

  #tell(tracker: Tracker, state: TrackerStatus['state'], error?: TrackerStatus['error']): void {
    const { url, tier, failures, lastAnswer, nextAnnounce, counts } = tracker;
    const times = { ...(lastAnswer === undefined ? {} : { lastAnswer }), ...(nextAnnounce === undefined ? {} : { nextAnnounce }) };
    this.#report({ type: 'tracker', url, tier, state, failures, ...(error === undefined ? {} : { error }), ...times, ...counts });
  }

  #report(event: Announced | TrackerStatus | Warning): void {
    this.#options.report?.(event);
  }
}

/** Whatever a codec lets through, timers stay sane: Node's fire at once beyond 24 days. */
const milliseconds = (seconds: number | undefined, otherwise: number): number =>
  Math.min(MAX_INTERVAL, Math.max(MIN_INTERVAL, Number.isFinite(seconds) ? (seconds as number) : otherwise)) * 1000;
