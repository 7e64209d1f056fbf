import { type MonoTypeOperatorFunction, switchMap, timer } from 'rxjs';

/** When a source of peers is asked. All in milliseconds. */
export interface SourcePace {
  /** From the beginning until it is asked for the first time: this makes the order. */
  readonly after: number;
  /** Between the end of an answer and the next question while peers are wanted. */
  readonly atLeast: number;
  /** The same while none are wanted. */
  readonly atMost: number;
}

/** Trackers say themselves how often they are to be asked; `atLeast` is for those that do not say how soon. */
export interface TrackerPace extends Omit<SourcePace, 'atMost'> {
  /**
   * Of silence, until the next tracker is asked beside this one; and from one tier to the next while peers are wanted.
   */
  readonly stagger: number;
  /** Of silence, until a tracker counts as failing; it may still answer. */
  readonly patience: number;
  /** Until a tier is asked again when none of it has answered: the first time, and at most. */
  readonly retry: { readonly first: number; readonly most: number };
  /**
   * The part of an interval, 0 to 1, by which an announce may come later, by chance: what began together does not stay
   * together.
   */
  readonly spread: number;
}

export interface DhtPace extends SourcePace {
  /** Instead of `atLeast`, when nobody was found. */
  readonly afterNone: number;
}

/** In which order and how often the sources of peers are asked. */
export interface Pace {
  /** Connected peers below which more are wanted. */
  readonly enough: number;
  readonly trackers: TrackerPace;
  readonly lsd: SourcePace;
  readonly dht: DhtPace;
}

const MINUTE = 60_000;
/** A tenth: trackers forget peers after more than one interval, and half an hour becomes 33 minutes at most. */
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

/**
 * Asks a source when it is its turn.
 *
 * ```
 * source  a-b|
 * gives   ---a-b|   inTurn({ after: 3 })
 * ```
 */
export const inTurn =
  <T>({ after }: Pick<SourcePace, 'after'>): MonoTypeOperatorFunction<T> =>
  (source) =>
    after > 0 ? timer(after).pipe(switchMap(() => source)) : source;
