import type { Observable } from 'rxjs';
import type { Env } from '../contracts/env.ts';

/** A world that is recorded, or replayed. The same code is run with both. */
export interface Tape<E extends Env = Env> {
  readonly env: E;
  /** What is recorded: it is to be subscribed to in this way. Emits what `source` does. */
  inside<T>(source: Observable<T>): Observable<T>;
  /** Something from outside that is not the `Env`, such as what the user has chosen. Its values must be JSON. */
  input<T>(source: Observable<T>): Observable<T>;
}
