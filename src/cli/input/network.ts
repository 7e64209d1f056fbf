import { InputError } from '../../contracts/errors.ts';
import { localAddresses } from '../../net/bind/localAddresses.ts';
import { texts } from '../args/values.ts';
import type { Given } from '../io/io.ts';

/** What `--bind` says, if anything. @throws InputError for what this machine does not have now */
export const bindOf = (given: Given): readonly string[] | undefined => {
  const names = texts(given, 'bind');
  if (names.length === 0) return undefined;
  try {
    localAddresses(names);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.code, `--${error.message}`, { cause: error });
  }
  return names;
};
