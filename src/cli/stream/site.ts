import { addressText } from '../../protocol/encoding/address.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { numberedFiles } from '../../torrent/metainfo/fileNumbers.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { mediaType } from './mediaType.ts';

/** A file that is served. */
export interface SiteFile {
  /** Its index in the torrent's files. */
  readonly index: number;
  /** The number that users know, from 1. */
  readonly number: number;
  readonly name: string;
  readonly length: number;
  readonly type: string;
  /** Where it is, from the origin on. */
  readonly path: string;
  readonly etag: string;
}

/** What is served, and where. */
export interface Site {
  /** `http://host:port`. */
  readonly origin: string;
  /** What each path begins with: `/`, or a secret between two of them. */
  readonly root: string;
  readonly files: readonly SiteFile[];
}

/** Names that a request may give as its host. */
export const hostsOf = (host: string, port: number): readonly string[] =>
  ['127.0.0.1', '::1'].includes(host)
    ? [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]
    : [addressText({ host, port })];

/** The files of a torrent that are served; the name in a path is for the player, which shows it. */
export const siteOf = (
  origin: string,
  root: string,
  torrent: Pick<Torrent, 'infoHash' | 'files'>,
  wanted: (index: number) => boolean,
): Site => ({
  origin,
  root,
  files: numberedFiles(torrent).flatMap((index, at): SiteFile[] => {
    const { path = [], length = 0 } = torrent.files[index] ?? {};
    const name = path.at(-1) ?? '';
    if (!wanted(index) || length === 0) return [];
    const tail = encodeURIComponent(name.replace(/\p{Cs}/gu, '\ufffd'));
    const etag = `"${toHex(torrent.infoHash)}-${index}"`;
    return [{ index, number: at + 1, name, length, type: mediaType(name), path: `${root}${at + 1}/${tail}`, etag }];
  }),
});

export const playlistPath = ({ root }: Pick<Site, 'root'>): string => `${root}playlist.m3u8`;

/** All of it for a player, in the order of the torrent. */
export const playlistOf = ({ origin, files }: Site): string =>
  [
    '#EXTM3U',
    ...files.flatMap(({ name, path }) => [`#EXTINF:-1,${name.replace(/[\0-\x1f\x7f]/g, ' ')}`, `${origin}${path}`]),
    '',
  ].join('\n');
