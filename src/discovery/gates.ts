import {
  catchError,
  concat,
  distinctUntilChanged,
  finalize,
  map,
  type MonoTypeOperatorFunction,
  NEVER,
  EMPTY,
  type Observable,
  switchMap,
  tap,
} from 'rxjs';

/**
 * Sources that come and go while a torrent has peers. Counts those that may name more, since a torrent without peers
 * waits for these only. Invariant: `#open` is the number of streams that are subscribed to and not over.
 */
export class SourceGates {
  #open = 0;
  readonly #changed: () => void;

  /** `changed` is called when one more source has nothing to name any more. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Is there a source that may name more? */
  get waits(): boolean {
    return this.#open > 0;
  }

  /**
   * What the last one of several sources names; an error ends that one only, if `failed` makes another stream of it.
   *
   * ```
   * sources$  a---b-----
   * a         -1-2-3|
   * b             -4|
   * gives     -1-2-4----
   * ```
   */
  swapped<T>(sources$: Observable<Observable<T>>, failed?: (error: unknown) => Observable<T>): Observable<T> {
    return concat(
      sources$.pipe(
        distinctUntilChanged(),
        // The next one counts before the last one is left: in between the torrent is not forsaken.
        tap(() => this.#open++),
        switchMap((source$) =>
          (failed ? source$.pipe(catchError(failed)) : source$).pipe(
            finalize(() => {
              this.#open--;
              this.#changed();
            }),
          ),
        ),
      ),
      NEVER,
    );
  }

  /**
   * What a source names while it is used; it begins anew each time.
   *
   * ```
   * on$     t-----f--t---
   * source  --a--b-c
   * gives   --a--b-----a-
   * ```
   */
  gate<T>(on$: Observable<boolean>): MonoTypeOperatorFunction<T> {
    return (source) => this.swapped(on$.pipe(map((on) => (on ? source : EMPTY))));
  }

  check(): void {
    if (this.#open < 0) throw new Error(`${this.#open} sources are open`);
  }
}
