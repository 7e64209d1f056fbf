import { visible } from '../encoding/visible.ts';

/** Maximum number of characters shown of a URL. */
const MAX_SHOWN = 200;

/**
 * A URL as a message may show it: on one line, without credentials, and without the query, which may contain a passkey.
 */
export const shownUrl = (url: string): string => {
  if (!URL.canParse(url)) return visible(url.slice(0, MAX_SHOWN));
  const { protocol, host, pathname } = new URL(url);
  return visible(`${protocol}//${host}${pathname}`.slice(0, MAX_SHOWN));
};
