import { TrackerError } from '../errors.ts';

/**
 * A URL from a stranger that we are ready to ask: printable ASCII, http or https, a port that exists.
 * Hosts in other scripts must come as punycode, which is how they are shown. @throws TrackerError, never to be retried
 */
export const httpUrl = (text: string, base?: URL): URL => {
  const url = /^[\x21-\x7e]+$/.test(text) && URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  if (url === undefined) throw new TrackerError('malformed', `not a URL of printable ASCII: ${JSON.stringify(text.slice(0, 100))}`, { retryIn: 'never' });
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TrackerError('unsupported-scheme', `${shown(url)}: only http and https can be asked, not ${url.protocol}`, { retryIn: 'never' });
  }
  if (url.hostname === '' || url.port === '0') throw new TrackerError('malformed', `${shown(url)}: no such host or port`, { retryIn: 'never' });
  return url;
};

/** For messages: without credentials, and without the query, in which passkeys travel. */
export const shown = (url: URL): string => `${url.protocol}//${url.host}${url.pathname.slice(0, 100)}`;
