import { NetworkError } from '../../contracts/errors.ts';
import { encodedBytes, encodedUrl, showsHost, typedUrl } from '../../protocol/tracker/encodedUrl.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';

/**
 * A URL that we are ready to ask: http or https, with a port that exists; blanks and letters of other scripts are
 * encoded. A `Location`, which is relative to `base`, is bytes, and a host in it is ASCII.
 *
 * @throws NetworkError, a lasting one unless the URL is only where `base` sent us today
 */
export const httpUrl = (text: string, base?: URL): URL => {
  const lasting = base === undefined;
  const encoded = base === undefined ? typedUrl(text) : encodedUrl(encodedBytes(text));
  const parsed = encoded !== undefined && URL.canParse(encoded, base?.href) ? new URL(encoded, base) : undefined;
  const isPlain = base === undefined || /^[\x21-\x7e]*$/.test(text) || parsed?.hostname === base.hostname;
  const url = isPlain || (parsed !== undefined && showsHost(text, parsed)) ? parsed : undefined;
  if (url === undefined) throw new NetworkError('bad-url', shownUrl(text), 'not a URL', { lasting });
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new NetworkError('unsupported-scheme', shownUrl(url.href), 'only http and https are supported', { lasting });
  }
  if (url.port === '0')
    throw new NetworkError('bad-url', shownUrl(url.href), 'port 0 is not a valid port', { lasting });
  return url;
};
