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

/** What the turn of a tier depends on. */
export interface Taker {
  /** Has one of its trackers answered the last time? Undefined while that is unknown. */
  readonly works: boolean | undefined;
  /** The tier has an announce that cannot wait. */
  readonly due: boolean;
}

/**
 * Decides which tiers are asked: the first one always, and those behind it
 *
 * - while peers are wanted, each a while after the one before it, or as soon as that one has failed,
 * - while none before it works, as BEP 12 has it,
 * - or when they have something to say.
 *
 * With enough peers the tiers behind the first one rest. Depends on whether peers are wanted and since when, and on
 * which tiers work. Invariant: as long as a tier works, or may work, such a tier has its turn.
 */
export class Rota {
  readonly #takers: readonly Taker[];
  readonly #stagger: () => number;
  readonly #changes$ = new Subject<void>();
  #turns = 1;

  /** `stagger` says the time between the turns of two tiers, in milliseconds. */
  constructor(takers: readonly Taker[], stagger: () => number) {
    this.#takers = takers;
    this.#stagger = stagger;
  }

  /** Number of tiers, from the first on, that have their turn now. */
  get open(): number {
    const works = this.#takers.findIndex((taker) => taker.works !== false);
    return Math.max(this.#turns, works < 0 ? this.#takers.length : works + 1);
  }

  /** Must be called when a tier works, no longer works, or has something to announce. */
  changed(): void {
    this.#changes$.next();
  }

  /** Emits once, when the tier has its turn. */
  turn(at: number): Observable<unknown> {
    return this.#when(() => at < this.open || this.#takers[at]?.due === true);
  }

  /** Emits once, when the tier no longer has its turn. */
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
      return merge(failed$, timer(this.#stagger())).pipe(
        take(1),
        map(() => turns + 1),
      );
    };
    return of(1).pipe(expand(next));
  }

  #when(holds: () => boolean): Observable<unknown> {
    return defer(() => this.#changes$.pipe(startWith(undefined), filter(holds), take(1)));
  }

  check(): void {
    const { open } = this;
    const may = this.#takers.map(({ works }) => works !== false);
    if (may.includes(true) && !may.slice(0, open).includes(true))
      throw new RangeError(`${open} tiers have their turn, and none that may work`);
    if (open < 1) throw new RangeError('the first tier has not its turn');
  }
}
