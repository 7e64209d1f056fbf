import { concat, defer, from, type Observable } from 'rxjs';
import { Hot } from '../hot.ts';

/** Our addresses as the world sees them, one of each family. Depends on what routers have said. */
export class Outside {
  readonly #told = new Hot<string>();
  readonly #last = new Map<'IPv4' | 'IPv6', string>();

  /** The last one of each family, and each later one that is another. Does not complete. */
  readonly address$: Observable<string> = defer(() => concat(from([...this.#last.values()]), this.#told.stream$));

  at(host: string | undefined): void {
    if (host === undefined) return;
    const family = host.includes(':') ? 'IPv6' : 'IPv4';
    if (this.#last.get(family) === host) return;
    this.#last.set(family, host);
    this.#told.next(host);
  }
}
