import { Subject, type Observable } from 'rxjs';

/**
 * What happens while somebody listens; nobody else hears of it. The source may be one thing after another, such as
 * sockets that are opened and closed: a subscriber does not notice.
 */
export class Hot<T> {
  readonly #subject$ = new Subject<T>();
  readonly stream$: Observable<T> = this.#subject$.asObservable();

  next(value: T): void {
    this.#subject$.next(value);
  }

  /** Nothing happens any more. */
  end(): void {
    this.#subject$.complete();
  }
}
