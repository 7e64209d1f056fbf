import { TrackerError } from '../../contracts/errors.ts';
import { encodedBytes, encodedUrl, showsHost, typedUrl } from '../../protocol/tracker/encodedUrl.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';

/**
 * A URL that we are ready to ask: http or https, a port that exists; blanks and letters of other scripts are encoded.
 * What comes as a
 * `Location`, and is relative to `base`, is bytes, and a host in it is ASCII. @throws TrackerError, never to be retried
 * unless the URL is only where `base` sent us today
 */
export const httpUrl = (text: string, base?: URL): URL => {
  const retryIn = base === undefined ? 'never' : undefined;
  const encoded = base === undefined ? typedUrl(text) : encodedUrl(encodedBytes(text));
  const parsed = encoded !== undefined && URL.canParse(encoded, base?.href) ? new URL(encoded, base) : undefined;
  const isPlain = base === undefined || /^[\x21-\x7e]*$/.test(text) || parsed?.hostname === base.hostname;
  const url = isPlain || (parsed !== undefined && showsHost(text, parsed)) ? parsed : undefined;
  if (url === undefined) throw new TrackerError('malformed', `${shownUrl(text)}: not a URL`, { retryIn });
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TrackerError('unsupported-scheme', `${shownUrl(url.href)}: only http and https can be asked`, {
      retryIn,
    });
  }
  if (url.port === '0') throw new TrackerError('malformed', `${shownUrl(url.href)}: port 0 is none`, { retryIn });
  return url;
};
