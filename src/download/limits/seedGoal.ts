import { expand, filter, map, merge, NEVER, type Observable, take, throwError, timer } from 'rxjs';
import { now } from '../../contracts/clock.ts';
import type { Seeded } from '../../contracts/events.ts';
import { StorageError } from '../../contracts/errors.ts';

/** The limits at which the seeding of a complete torrent ends; without any it never ends. */
export interface SeedOptions {
  /** Bytes uploaded in all runs, as a multiple of the torrent's length. */
  readonly ratio?: number | undefined;
  /** Milliseconds since the torrent was complete, or since this run began. */
  readonly time?: number | undefined;
  /** Milliseconds without an upload. */
  readonly idle?: number | undefined;
  /** Fetches nothing: errors with a `StorageError` `missing` if a wanted piece is not stored. */
  readonly only?: boolean | undefined;
  /**
   * Super-seeding: shows each peer only one piece at a time, so that each piece is uploaded once before any is uploaded
   * twice (BEP 16). For first seeds only.
   */
  readonly super?: boolean | undefined;
}

/** The torrent is incomplete: of `pieceCount` wanted pieces only `pieces` are stored. */
export const incomplete = (
  name: string,
  { pieces, pieceCount }: { readonly pieces: number; readonly pieceCount: number },
): Observable<never> =>
  throwError(
    () =>
      new StorageError(
        'missing',
        `${name}: ${pieceCount - pieces} of ${pieceCount} pieces are missing or damaged: ` + 'download them first',
      ),
  );

/** The state that the limits are compared with. */
export interface Giving {
  /** Are all wanted pieces stored? */
  readonly complete: boolean;
  /** Is there no upload, until something happens? */
  readonly asleep?: boolean;
  /** Bytes uploaded in this run, and in all runs as a multiple of the torrent's length. */
  given(): { readonly uploaded: number; readonly ratio: number };
}

/** Milliseconds between looks. */
const LOOK_EVERY = 1_000;
/** The longest time that a timer can wait. */
const LONGEST = 2 ** 31 - 1;

/**
 * Emits once when a limit is reached: which one. Never before all wanted pieces are stored, nor without `limits`. Looks
 * every second; while there is no upload, only when a limit can be reached, or when `stirred$` emits.
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
