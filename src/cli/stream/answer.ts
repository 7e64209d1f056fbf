import { type Bytes, rangeOf } from './byteRange.ts';
import { OTHER } from './mediaType.ts';
import { playlistOf, playlistPath, type Site, type SiteFile } from './site.ts';

/** What a request says; header names in lower case. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** What is answered: text, bytes of a file, or nothing. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly body?: Bytes & { readonly file: SiteFile };
}

const said = (status: number, text: string, more: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'content-length': String(Buffer.byteLength(text)), ...more },
  text,
});

/** RFC 6266: a name in any script, which must not end the header. */
const disposition = ({ name, type }: SiteFile): string => {
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name.replace(/\p{Cs}/gu, '\ufffd')).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${type === OTHER ? 'attachment' : 'inline'}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
};

const fileAnswer = (file: SiteFile, { headers }: Asked): Answer => {
  const { length, etag, type } = file;
  const about = {
    'accept-ranges': 'bytes',
    'content-type': type,
    'content-disposition': disposition(file),
    'x-content-type-options': 'nosniff',
    etag,
  };
  if (headers['if-none-match'] === etag) return { status: 304, headers: { etag } };
  // A part of what has been replaced would be of no use: so all of it is sent.
  const isSame = headers['if-range'] === undefined || headers['if-range'] === etag;
  const range = isSame ? rangeOf(headers['range'], length) : undefined;
  if (range === 'none') return said(416, 'there are no such bytes\n', { 'content-range': `bytes */${length}` });
  if (range === undefined)
    return {
      status: 200,
      headers: { ...about, 'content-length': String(length) },
      body: { file, start: 0, end: length },
    };
  const { start, end } = range;
  const part = { 'content-range': `bytes ${start}-${end - 1}/${length}`, 'content-length': String(end - start) };
  return { status: 206, headers: { ...about, ...part }, body: { file, ...range } };
};

/**
 * The answer to a request. Only what is in `site` is ever served: a path names a file by its number. A host that is not
 * one of `hosts` is refused, so that no page in a browser can read from here by a name of its own that leads here (DNS
 * rebinding).
 */
export const answerTo = (asked: Asked, site: Site | undefined, hosts: readonly string[]): Answer => {
  const { method, url, headers } = asked;
  if (!hosts.includes((headers['host'] ?? '').toLowerCase())) return said(421, 'this is not served here\n');
  if (method !== 'GET' && method !== 'HEAD') return said(405, 'GET or HEAD\n', { allow: 'GET, HEAD' });
  const [path = ''] = url.split('?');
  if (site === undefined) return said(503, 'it is not known yet what is in the torrent\n', { 'retry-after': '1' });
  if (path === playlistPath(site)) return said(200, playlistOf(site), { 'content-type': 'audio/x-mpegurl' });
  const [, number] = path.startsWith(site.root) ? (/^(\d{1,6})(?:\/|$)/.exec(path.slice(site.root.length)) ?? []) : [];
  const file = site.files.find((each) => each.number === Number(number));
  return file === undefined ? said(404, 'there is no such file\n') : fileAnswer(file, asked);
};
