import { InputError } from '../../contracts/errors.ts';
import { localAddresses } from '../../net/bind/localAddresses.ts';
import { parseProxy } from '../../protocol/proxy/proxyServer.ts';
import { text, texts } from '../args/values.ts';
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

/** What `--proxy` says, if anything. @throws InputError, which does not show it: there may be a password in it */
export const proxyOf = (given: Given): string | undefined => {
  const proxy = text(given, 'proxy');
  if (proxy === undefined || parseProxy(proxy) !== undefined) return proxy;
  const expected = 'socks5://user:password@host:port, socks4a://host:port or http://host:port';
  throw new InputError('bad-option', `--proxy: expected ${expected}, with %xx for odd characters`);
};
