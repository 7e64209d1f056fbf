import { TrackerError } from '../errors.ts';
import { shownUrl } from '../protocol/shownUrl.ts';

/**
 * A URL from a stranger that we are ready to ask: printable ASCII, http or https, a port that exists.
 * Hosts in other scripts must come as punycode, which is how they are shown. @throws TrackerError, never to be
 * retried unless the URL is only where `base` sent us today
 */
export const httpUrl = (text: string, base?: URL): URL => {
  const retryIn = base === undefined ? 'never' : undefined;
  const url = /^[\x21-\x7e]+$/.test(text) && URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  if (url === undefined) throw new TrackerError('malformed', `${shownUrl(text)}: not a URL of printable ASCII`, { retryIn });
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TrackerError('unsupported-scheme', `${shownUrl(url.href)}: only http and https can be asked`, { retryIn });
  }
  if (url.port === '0') throw new TrackerError('malformed', `${shownUrl(url.href)}: port 0 is none`, { retryIn });
  return url;
};
