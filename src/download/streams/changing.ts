import { EMPTY, ignoreElements, isObservable, type Observable, tap } from 'rxjs';
import { checkOption } from '../../contracts/checkOptions.ts';

/**
 * A value, or a stream of values, each obeyed from the next choice on. Before the first value the option counts as
 * absent.
 */
export type Changing<T> = T | Observable<T>;

/** The value that is known from the start, if there is one. */
export const constantOf = <T>(option: Changing<T> | undefined): T | undefined =>
  isObservable(option) ? undefined : option;

/**
 * Hands each value of a stream to `use`; emits nothing, and is `EMPTY` for a fixed value. Errors with an `InputError`
 * for a value that is invalid for the option `name`.
 */
export const changesOf = <T>(
  name: string,
  option: Changing<T> | undefined,
  use: (value: T) => void,
): Observable<never> =>
  isObservable(option)
    ? option.pipe(
        tap((value) => {
          checkOption(name, value);
          use(value);
        }),
        ignoreElements(),
      )
    : EMPTY;
