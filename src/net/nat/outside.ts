import { concat, defer, type Observable, of } from 'rxjs';
import { Hot } from '../hot.ts';

/** Our address as the world sees it. Depends on what routers have said. */
export class Outside {
  readonly #told = new Hot<string>();
  #last: string | undefined;

  /** The last one, and each later one that is another. Does not complete. */
  readonly address$: Observable<string> = defer(() =>
    this.#last === undefined ? this.#told.stream$ : concat(of(this.#last), this.#told.stream$),
  );

  at(host: string | undefined): void {
    if (host === undefined || host === this.#last) return;
    this.#last = host;
    this.#told.next(host);
  }
}
