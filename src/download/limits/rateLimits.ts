import { EMPTY, isObservable, type Observable } from 'rxjs';
import { together } from '../../discovery/until.ts';
import type { Changing } from '../streams/changing.ts';
import { RateLimit } from './rateLimit.ts';
import type { Allowance } from '../../torrent/rates/tokenBucket.ts';
import { ReadBudget } from '../../torrent/upload/readBudget.ts';

/** The allowances in each direction; without an allowance there is no limit. */
export interface Allowances {
  readonly down?: Allowance | undefined;
  readonly up?: Allowance | undefined;
  /** Memory for long reads of what is uploaded. */
  readonly reads?: ReadBudget | undefined;
}

/**
 * Bytes of payload a second, as they change; Infinity for no limit, 0 for nothing at all. Unlimited before the first
 * value.
 *
 * ```ts
 * const slower$ = fromEvent(process, 'SIGUSR1').pipe(map(() => 100_000), startWith(2_000_000));
 * download(torrent, env, { target, limits: { down: slower$, up: of(500_000) } });
 * ```
 */
export interface Limits {
  readonly down?: Changing<number> | undefined;
  readonly up?: Changing<number> | undefined;
  /** Bytes used here also count against these: `RateLimit`s that several downloads share. */
  readonly within?: Allowances | undefined;
}

/**
 * The allowances of one subscription. They follow the options while `changes$` is subscribed to; it emits nothing, and
 * is `EMPTY` if nothing can change.
 */
export const allowancesOf = ({
  down,
  up,
  within,
}: Limits = {}): Allowances & { readonly changes$: Observable<never> } => {
  const ways = { down: oneWay(down, within?.down), up: oneWay(up, within?.up) };
  return {
    down: ways.down.allowance,
    up: ways.up.allowance,
    reads: within?.reads ?? new ReadBudget(),
    changes$: together(ways.down.changes$, ways.up.changes$),
  };
};

const oneWay = (
  rate: Changing<number> | undefined,
  within: Allowance | undefined,
): { allowance: Allowance | undefined; changes$: Observable<never> } => {
  if (rate === undefined) return { allowance: within, changes$: EMPTY };
  if (!isObservable(rate)) return { allowance: new RateLimit({ rate, within }), changes$: EMPTY };
  const limit = new RateLimit({ within });
  return { allowance: limit, changes$: limit.follow(rate) };
};
