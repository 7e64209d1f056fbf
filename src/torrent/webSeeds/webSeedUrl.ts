import type { Torrent } from '../metainfo/metainfo.ts';
import { percent } from '../../protocol/tracker/httpTrackerReply.ts';

/** One name as a part of a path: UTF-8, percent-encoded. Undefined for a name that would change the folder. */
const encodedName = (name: string): string | undefined =>
  name === '' || name === '.' || name === '..'
    ? undefined
    : encodeURIComponent(name.replace(/\p{Cs}/gu, '\ufffd')).replace(
        /[!'()*]/g,
        (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
      );

/**
 * The URL of a file on a web seed (BEP 19). A URL that ends in a slash is a folder, in which the torrent lies under its
 * own name; of a torrent of one file any other URL is the file itself. Undefined if no URL leads to the file.
 */
export const fileUrl = (
  base: string,
  { layout, name, files }: Pick<Torrent, 'layout' | 'name' | 'files'>,
  file: number,
): string | undefined => {
  const isFolder = base.endsWith('/');
  if (layout === 'file' && !isFolder) return base;
  const names = layout === 'file' ? [name] : [name, ...(files[file]?.path ?? [])];
  const encoded = names.map(encodedName);
  return encoded.includes(undefined) ? undefined : `${base}${isFolder ? '' : '/'}${encoded.join('/')}`;
};

/** The URL of bytes of a piece on a server of BEP 17. */
export const pieceUrl = (
  base: string,
  { infoHash }: Pick<Torrent, 'infoHash'>,
  piece: number,
  range: { readonly begin: number; readonly length: number },
): string => {
  const sign = base.includes('?') ? '&' : '?';
  const ranges = `${range.begin}-${range.begin + range.length - 1}`;
  return `${base}${sign}info_hash=${percent(infoHash)}&piece=${piece}&ranges=${ranges}`;
};
