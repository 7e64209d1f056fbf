import { defer, type MonoTypeOperatorFunction, type Observable, switchMap, timer } from 'rxjs';
import { now } from '../contracts/clock.ts';

/** When a source of peers is asked. All in milliseconds. */
export interface SourcePace {
  /** From the beginning until the source is first asked: this determines the order of the sources. */
  readonly after: number;
  /** Between the end of an answer and the next request while peers are wanted. */
  readonly atLeast: number;
  /** The same while none are wanted. */
  readonly atMost: number;
}

/** Trackers tell us how often to ask them; `atLeast` is for those that do not tell the minimum. */
export interface TrackerPace extends Omit<SourcePace, 'atMost'> {
  /** Without an answer, until the next tracker is asked, too; also from one tier to the next while peers are wanted. */
  readonly stagger: number;
  /** Without an answer, until a tracker counts as failing; it may still answer. */
  readonly patience: number;
  /** Until a tier is asked again if none of its trackers has answered: the first delay, and the longest. */
  readonly retry: { readonly first: number; readonly most: number };
  /**
   * The fraction of an interval, 0 to 1, by which an announce may be randomly delayed, so that clients that started
   * together do not stay together.
   */
  readonly spread: number;
}

export interface DhtPace extends SourcePace {
  /** Instead of `atLeast`, if no peer was found. */
  readonly afterNone: number;
}

/** The order and frequency in which the sources of peers are asked. */
export interface Pace {
  /** Number of connected peers below which more are wanted. */
  readonly enough: number;
  readonly trackers: TrackerPace;
  readonly lsd: SourcePace;
  readonly dht: DhtPace;
}

const MINUTE = 60_000;
/** A tenth: half an hour becomes at most 33 minutes, and trackers keep peers for longer than one interval. */
export const SPREAD = 0.1;

export const defaultPace: Pace = {
  enough: 20,
  trackers: {
    after: 0,
    atLeast: MINUTE,
    stagger: 1_500,
    patience: 15_000,
    retry: { first: 5_000, most: 30 * MINUTE },
    spread: SPREAD,
  },
  lsd: { after: 0, atLeast: MINUTE, atMost: 5 * MINUTE },
  dht: { after: 0, atLeast: 5 * MINUTE, afterNone: 30_000, atMost: 15 * MINUTE },
};

/** Calls `ask` whenever a member of the result is read. */
const live = <T extends object>(like: T, ask: () => T): T =>
  Object.defineProperties(
    {},
    Object.fromEntries(
      (Object.keys(like) as (keyof T)[]).map((name) => [name, { get: () => ask()[name], enumerable: true }]),
    ),
  ) as T;

/**
 * The pace that a value or a function says. A function is called whenever something of it matters: when a wait begins,
 * when the wait for the turn of a source is over, or when it is looked how many peers are enough.
 */
export const paceOf = (pace: Pace | (() => Pace) = defaultPace): Pace =>
  typeof pace !== 'function'
    ? pace
    : {
        get enough() {
          return pace().enough;
        },
        trackers: live(defaultPace.trackers, () => pace().trackers),
        lsd: live(defaultPace.lsd, () => pace().lsd),
        dht: live(defaultPace.dht, () => pace().dht),
      };

/**
 * Subscribes to a source when it is its turn: when `after` milliseconds have passed. If `after` is longer by then, the
 * rest of it is waited for, too.
 *
 * ```
 * source  a-b|
 * gives   ---a-b|   inTurn({ after: 3 })
 * ```
 */
export const inTurn =
  <T>(pace: Pick<SourcePace, 'after'>): MonoTypeOperatorFunction<T> =>
  (source) =>
    defer(() => {
      const began = now();
      const turn = (): Observable<T> => {
        const left = began + pace.after - now();
        return left > 0 ? timer(left).pipe(switchMap(turn)) : source;
      };
      return turn();
    });
