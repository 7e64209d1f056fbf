import { expand, filter, map, merge, NEVER, type Observable, take, throwError, timer } from 'rxjs';
import { now } from '../contracts/clock.ts';
import type { Seeded } from '../contracts/events.ts';
import { StorageError } from '../contracts/errors.ts';

/** When a torrent that is complete has been given enough; for ever if nothing is said. */
export interface SeedOptions {
  /** Bytes given in all runs, as a multiple of the torrent's length. */
  readonly ratio?: number | undefined;
  /** Milliseconds since it is complete, or since this run began. */
  readonly time?: number | undefined;
  /** Milliseconds in which nobody has taken anything. */
  readonly idle?: number | undefined;
  /** Fetches nothing: errors with a `StorageError` `missing` if not all is there. */
  readonly only?: boolean | undefined;
  /**
   * Shows each peer only one piece at a time, so that each is given once before any is given twice (BEP 16). For first
   * seeds only.
   */
  readonly super?: boolean | undefined;
}

/** There is not all to give: of `pieceCount` pieces that are wanted there are `pieces`. */
export const incomplete = (
  name: string,
  { pieces, pieceCount }: { readonly pieces: number; readonly pieceCount: number },
): Observable<never> =>
  throwError(
    () =>
      new StorageError(
        'missing',
        `${name}: ${pieceCount - pieces} of ${pieceCount} pieces are not there, or not as they should be: ` +
          'download them first',
      ),
  );

/** What is looked at. */
export interface Giving {
  /** Is there all to give? */
  readonly complete: boolean;
  /** Does nobody take anything, until something stirs? */
  readonly asleep?: boolean;
  /** Bytes given in this run, and in all as a multiple of the torrent's length. */
  given(): { readonly uploaded: number; readonly ratio: number };
}

/** Milliseconds between looks. */
const LOOK_EVERY = 1_000;
/** What timers hold. */
const LONGEST = 2 ** 31 - 1;

/**
 * Emits once, why, when enough has been given; never before all is there, nor without `limits`. Looks each second, and
 * while nobody takes anything only when a limit can be reached, or when `stirred$` emits.
 */
export const givenEnough = (
  limits: SeedOptions | undefined,
  giving: Giving,
  stirred$: Observable<unknown> = NEVER,
): Observable<Seeded> => {
  const { ratio = Infinity, time = Infinity, idle = Infinity } = limits ?? {};
  if (Math.min(ratio, time, idle) === Infinity) return NEVER;
  let since: number | undefined;
  let movedAt = 0;
  let last = -1;
  const why = (): Seeded['reason'] | undefined => {
    if (!giving.complete) return undefined;
    const moment = now();
    since ??= moment;
    const is = giving.given();
    if (is.uploaded !== last) movedAt = moment;
    last = is.uploaded;
    if (is.ratio >= ratio) return 'ratio';
    if (moment - since >= time) return 'time';
    return moment - movedAt >= idle ? 'idle' : undefined;
  };
  const nextLook = (): Observable<unknown> => {
    if (giving.asleep !== true || since === undefined) return timer(LOOK_EVERY);
    const left = Math.min(since + time, movedAt + idle) - now();
    return merge(left === Infinity ? NEVER : timer(Math.min(LONGEST, Math.max(1, left))), stirred$);
  };
  return timer(LOOK_EVERY).pipe(
    expand(() => nextLook().pipe(take(1))),
    map(why),
    filter((reason) => reason !== undefined),
    take(1),
    map((reason): Seeded => ({ type: 'seeded', reason, ...giving.given() })),
  );
};
