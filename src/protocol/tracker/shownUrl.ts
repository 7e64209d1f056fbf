import { visible } from '../encoding/visible.ts';

/** Chars of a URL that people are shown. */
const MAX_SHOWN = 200;

/**
 * A URL as people may see it in a message: without credentials, without the query, where passkeys travel, on one line.
 */
export const shownUrl = (url: string): string => {
  if (!URL.canParse(url)) return visible(url.slice(0, MAX_SHOWN));
  const { protocol, host, pathname } = new URL(url);
  return visible(`${protocol}//${host}${pathname}`.slice(0, MAX_SHOWN));
};
