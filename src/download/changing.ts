import { EMPTY, ignoreElements, isObservable, type Observable, tap } from 'rxjs';
import { checkOption } from '../contracts/checkOptions.ts';

/** A value, or a stream of values: each is obeyed from the next choice on; before the first it is as if not given. */
export type Changing<T> = T | Observable<T>;

/** What is given from the start, if anything is. */
export const constantOf = <T>(option: Changing<T> | undefined): T | undefined =>
  isObservable(option) ? undefined : option;

/**
 * Hands each value of a stream to `use`; emits nothing, and is `EMPTY` for what does not change. Errors with an
 * `InputError` for a value that the option `name` can not have.
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
