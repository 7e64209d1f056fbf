import {
  defer,
  distinctUntilChanged,
  EMPTY,
  expand,
  filter,
  ignoreElements,
  map,
  merge,
  type Observable,
  of,
  startWith,
  Subject,
  switchMap,
  take,
  tap,
  timer,
} from 'rxjs';

/** A tier, as its turn depends on it. */
export interface Taker {
  /** Has one of its trackers answered the last time? Undefined while that is not known. */
  readonly works: boolean | undefined;
  /** It has something to say that can't wait. */
  readonly due: boolean;
}

/**
 * Which tiers are asked: the first one always, and those behind it
 *
 * - while peers are wanted, each a while after the one before it, or as soon as that one has failed,
 * - while none before it works, as BEP 12 has it,
 * - or when they have something to say.
 *
 * Enough peers put those behind the first to rest. It depends on: whether peers are wanted and since when, and which
 * tiers work. Invariant: as long as any tier works, or is not known not to, one that may work has its turn.
 */
export class Rota {
  readonly #takers: readonly Taker[];
  readonly #stagger: number;
  readonly #changes$ = new Subject<void>();
  #turns = 1;

  /** `stagger` is the time between the turns of two tiers, in milliseconds. */
  constructor(takers: readonly Taker[], stagger: number) {
    this.#takers = takers;
    this.#stagger = stagger;
  }

  /** Tiers from the first on that have their turn now. */
  get open(): number {
    const works = this.#takers.findIndex((taker) => taker.works !== false);
    return Math.max(this.#turns, works < 0 ? this.#takers.length : works + 1);
  }

  /** To be called when a tier works, works no longer, or has something to say. */
  changed(): void {
    this.#changes$.next();
  }

  /** Emits once, when the tier has its turn. */
  turn(at: number): Observable<unknown> {
    return this.#when(() => at < this.open || this.#takers[at]?.due === true);
  }

  /** Emits once, when the tier has its turn no longer. */
  rests(at: number): Observable<unknown> {
    return this.#when(() => at >= this.open && this.#takers[at]?.due !== true);
  }

  /** Follows how many peers are wanted. */
  run(wanted$: Observable<number>): Observable<never> {
    return wanted$.pipe(
      map((count) => count > 0),
      distinctUntilChanged(),
      switchMap((wanted) => (wanted ? this.#staggered() : of(1))),
      tap((turns) => {
        this.#turns = turns;
        this.changed();
      }),
      ignoreElements(),
    );
  }

  /** 1, 2, 3 … */
  #staggered(): Observable<number> {
    const next = (turns: number): Observable<number> => {
      if (turns >= this.#takers.length) return EMPTY;
      const failed$ = this.#when(() => this.#takers[turns - 1]?.works === false);
      return merge(failed$, timer(this.#stagger)).pipe(
        take(1),
        map(() => turns + 1),
      );
    };
    return of(1).pipe(expand(next));
  }

  #when(holds: () => boolean): Observable<unknown> {
    return defer(() => this.#changes$.pipe(startWith(undefined), filter(holds), take(1)));
  }
}
