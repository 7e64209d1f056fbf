import {
  AsyncSubject,
  catchError,
  concat,
  concatMap,
  defer,
  delay,
  EMPTY,
  filter,
  finalize,
  forkJoin,
  from,
  ignoreElements,
  merge,
  mergeMap,
  type Observable,
  of,
  race,
  Subject,
  switchMap,
  take,
  takeUntil,
  tap,
  throwError,
} from 'rxjs';
import { now } from '../../contracts/clock.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import { TrackerError } from '../../contracts/errors.ts';
import {
  type AnnounceSuccess,
  DEFAULT_INTERVAL,
  MAX_INTERVAL,
  MIN_INTERVAL,
} from '../../protocol/tracker/httpTrackerReply.ts';
import type { Announcer, Event } from './announcer.ts';
import { STOPPED_TIMEOUT } from './httpTracker.ts';
import type { Tier, Tracker } from './tiers.ts';

/**
 * Announces to the trackers of one tier, and reads their answers. The next announce depends on whether this tracker has
 * accepted `started`, whether `completed` has still to be sent, the intervals of the last answer, for how many answers
 * in a row we were early, and which trackers have been silent for long and may still answer. `completed` is accepted at
 * most once, and `stopped` is sent only to trackers that know us.
 */
export class TierSession {
  readonly tier: Tier;
  /** The peers that its trackers name, however late. */
  readonly peers$: Observable<PeerAddress>;
  /** Emits each tracker that has answered. */
  readonly answers$: Observable<Tracker>;
  /** Has one of its trackers answered the last time? Undefined while that is not known. */
  works: boolean | undefined;
  readonly #asks$ = new Subject<Observable<PeerAddress>>();
  readonly #answers$ = new Subject<Tracker>();
  readonly #announcer: Announcer;
  readonly #changed: () => void;
  #completed: 'no' | 'pending' | 'said' = 'no';
  /** It has left by a datagram, which arrives even if we do not wait for the answer. */
  #completedSent = false;
  /** Milliseconds. */
  #interval = DEFAULT_INTERVAL * 1000;
  #minInterval: number;
  #answeredAt = -Infinity;
  #answers = 0;
  #earlyInRow = 0;
  /** The random factor of the delay after the last answer: 1 for no extension. */
  #lateness = 1;

  /** `changed` is called when `works` or `due` has changed. */
  constructor(tier: Tier, announcer: Announcer, changed: () => void) {
    this.tier = tier;
    this.#announcer = announcer;
    this.#changed = changed;
    this.#minInterval = announcer.pace.atLeast;
    this.peers$ = this.#asks$.pipe(mergeMap((peers$) => peers$));
    this.answers$ = this.#answers$.asObservable();
  }

  /** Milliseconds after an answer until the next regular announce. */
  readonly atMost = (): number => this.#later(this.#interval);

  /**
   * Milliseconds after an answer until an early announce: longer each time, since a swarm that stays small is no reason
   * to hurry.
   */
  readonly atLeast = (): number => {
    if (this.#completed === 'pending') return 0;
    // Having enough peers for a moment is no reason to restart the row of early announces.
    return this.#later(
      this.#announcer.wanted > 0 ? Math.min(this.#interval, this.#minInterval * 2 ** this.#earlyInRow) : this.#interval,
    );
  };

  /** Is there an event that trackers which know us have to be told? */
  get due(): boolean {
    return this.#completed === 'pending' && this.tier.all.some(({ started }) => started);
  }

  /** The last piece is there: trackers that know us as incomplete are told. */
  completes(): void {
    if (this.tier.all.every(({ started, asked }) => !started && asked === 'no')) return;
    this.#completed = 'pending';
    this.#changed();
  }

  /** No more answers are read. */
  ends(): void {
    this.#asks$.complete();
  }

  /**
   * Asks one tracker after the other: the next one immediately when one fails, and concurrently when one is silent.
   * Completes when one has answered; errors with a `TrackerError` if none does. The peers are emitted by `peers$`.
   */
  round(rests$: Observable<unknown>): Observable<never> {
    return defer(() => {
      const { stagger } = this.#announcer.pace;
      const settled: Observable<unknown>[] = [];
      const begun$ = from(this.tier.ready(now())).pipe(
        concatMap((tracker) => {
          const { begun$, settled$ } = this.#ask(tracker, rests$);
          settled.push(settled$);
          return race(settled$, begun$.pipe(delay(stagger))).pipe(take(1));
        }),
      );
      const silence$ = defer(() => {
        // A tier that has worked until now is given the time that a slow tracker may take.
        if (this.works !== true) this.#says(false);
        return forkJoin(settled);
      });
      const nobody$ = defer(() => {
        this.#says(false);
        const gone = this.tier.all.length === 0;
        return throwError(
          () =>
            new TrackerError(
              gone ? 'unsupported-scheme' : 'unreachable',
              'no tracker answers',
              gone ? { retryIn: 'never' } : {},
            ),
        );
      });
      return concat(begun$, silence$, nobody$).pipe(ignoreElements(), takeUntil(this.#answers$));
    });
  }

  /** Sends `stopped` to all trackers that know us. Never errors, and takes at most three seconds for each. */
  goodbye(): Observable<never> {
    const tell = (tracker: Tracker, event: Event) =>
      this.#announcer.send(tracker, () => event, STOPPED_TIMEOUT).pipe(catchError(() => EMPTY));
    const known = this.tier.all.filter(({ started }) => started);
    const all = known.map((tracker, index) =>
      concat(
        index === 0 && this.#completed === 'pending' && !this.#completedSent ? tell(tracker, 'completed') : EMPTY,
        tell(tracker, 'stopped'),
      ),
    );
    return merge(...all).pipe(ignoreElements());
  }

  #says(works: boolean): void {
    if (this.works === works) return;
    this.works = works;
    this.#changed();
  }

  /**
   * Asks one tracker, when it is its turn. Its peers are emitted by `peers$`; after a long silence only until another
   * one answers, or the tier rests.
   */
  #ask(tracker: Tracker, rests$: Observable<unknown>): Asked {
    const [begun$, settled$] = [new AsyncSubject<void>(), new AsyncSubject<void>()];
    const failed = (error: unknown): Observable<never> => {
      // A silent tracker has been reported already.
      if (tracker.asked === 'now' || !(error instanceof TrackerError && error.code === 'timeout'))
        this.#failed(tracker, error);
      happens(settled$);
      return EMPTY;
    };
    let before = 0;
    let told: Event;
    const begin = (): Event => {
      before = this.#answers;
      happens(begun$);
      this.#announcer.asking(tracker);
      return (told = this.#event(tracker));
    };
    const enough$ = begun$.pipe(
      delay(this.#announcer.pace.patience),
      switchMap(() => {
        this.#silent(tracker);
        happens(settled$);
        const others$ = this.#answers$.pipe(filter((other) => other !== tracker));
        return this.#answers > before ? of(tracker) : merge(rests$, others$);
      }),
    );
    const sent = (): void => void (this.#completedSent ||= told === 'completed');
    const asked$ = this.#announcer.send(tracker, begin, undefined, sent).pipe(
      tap((reply) => this.#answered(tracker, told, reply, before === this.#answers)),
      ignoreElements(),
      catchError(failed),
      takeUntil(enough$),
      finalize(() => (tracker.asked = 'no')),
    );
    tracker.asked = 'now';
    this.#asks$.next(asked$);
    return { begun$, settled$ };
  }

  /** It may still answer, but is no longer waited for. */
  #silent(tracker: Tracker): void {
    tracker.asked = 'late';
    const { patience } = this.#announcer.pace;
    this.#failed(tracker, new TrackerError('timeout', `no answer within ${patience / 1000} s`));
  }

  /** The event to announce to a tracker. */
  #event(tracker: Tracker): Event {
    if (!tracker.started) return 'started';
    if (this.#completed === 'pending') return 'completed';
    return this.#announcer.options.partial?.() ? 'paused' : undefined;
  }

  /** A tracker has answered. Only the `first` answer of those asked at the same time changes the state of the tier. */
  #answered(tracker: Tracker, event: Event, reply: AnnounceSuccess, first: boolean): void {
    if (event === 'completed') this.#completed = 'said';
    delete tracker.nextAnnounce;
    if (first) {
      this.#keep(reply, event);
      this.tier.answered(tracker);
      tracker.nextAnnounce = now() + this.atMost();
    }
    this.#answers++;
    this.#announcer.answered(tracker, reply, this.#interval);
    this.#says(true);
    this.#answers$.next(tracker);
    // After the request, which is over: resolving names takes time.
    this.#asks$.next(this.#announcer.peersOf(reply));
  }

  #keep({ interval, minInterval }: AnnounceSuccess, event: Event): void {
    if (event === undefined || event === 'paused')
      this.#earlyInRow = now() - this.#answeredAt < this.#interval ? this.#earlyInRow + 1 : 0;
    this.#answeredAt = now();
    this.#lateness = this.#announcer.lateness();
    this.#minInterval =
      minInterval === undefined ? this.#announcer.pace.atLeast : milliseconds(minInterval, MIN_INTERVAL);
    this.#interval = Math.max(
      milliseconds(interval, DEFAULT_INTERVAL),
      minInterval === undefined ? 0 : this.#minInterval,
    );
  }

  /**
   * Torrents that began in the same second, here or in thousands of other clients, would otherwise announce in the same
   * second for ever.
   */
  #later(wait: number): number {
    return Math.round(wait * this.#lateness);
  }

  #failed(tracker: Tracker, error: unknown): void {
    if (!(error instanceof TrackerError)) throw error;
    if (error.retryIn === 'never') this.tier.dropped(tracker);
    this.#announcer.failed(tracker, error);
  }
}

interface Asked {
  /** Emits when the tracker's turn has come. */
  readonly begun$: Observable<void>;
  /** Emits when the tracker has failed, or has been silent for long. */
  readonly settled$: Observable<void>;
}

const happens = (event$: AsyncSubject<void>): void => {
  event$.next();
  event$.complete();
};

/** Keeps timers valid whatever a codec lets through: Node's fire immediately beyond 24 days. */
const milliseconds = (seconds: number | undefined, otherwise: number): number =>
  Math.min(MAX_INTERVAL, Math.max(MIN_INTERVAL, Number.isFinite(seconds) ? (seconds as number) : otherwise)) * 1000;
