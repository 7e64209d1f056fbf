import { realpathSync, statSync, type Stats } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Target } from '../../contracts/storage.ts';
import { InputError, StorageError } from '../../contracts/errors.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { parseTorrent, type Torrent, Unsupported } from '../../torrent/metainfo/metainfo.ts';
import { MAX_BYTES } from '../../protocol/encoding/bencode.ts';
import { readBytes } from './files.ts';
import { findData } from './findData.ts';
import type { Io } from '../io/io.ts';
import { INFO_HASH } from './stdin.ts';
import { existingTarget } from './target.ts';
import { visible } from '../io/text.ts';

const D = 'd'.charCodeAt(0);
/** Sources that are no path of content: `-` is stdin. */
const LINK = /^(\s*(magnet:|https?:\/\/)|-$)/i;

/** The arguments of `seed`, in their order. */
export interface SeedSources {
  /** Files, URLs and links that lead to a torrent. */
  readonly torrents: readonly string[];
  /**
   * Files and folders: the one place where the data of `torrents` is, or without those what torrents are to be made of.
   */
  readonly contents: readonly string[];
  /** Where the data of a torrent is; it is never changed. */
  readonly targetFor: (torrent: Torrent) => Promise<Target>;
}

const lookAt = (path: string): Stats | undefined => {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
};

/**
 * The torrent that the file is; `content` if it is none. A name that ends in `.torrent` promises one: what is wrong
 * with such a `source` is told when it is read as one, and so it is with a torrent of a kind that we do not know.
 */
const torrentIn = async (path: string, length: number, io: Io): Promise<Torrent | 'content' | 'source'> => {
  const promised = /\.torrent$/i.test(path);
  if (!promised && length > MAX_BYTES) return 'content';
  try {
    const bytes = await readBytes(path, io);
    return promised || bytes[0] === D ? parseTorrent(bytes) : 'content';
  } catch (error) {
    if (!(error instanceof Malformed || error instanceof InputError || error instanceof StorageError)) throw error;
    return promised || error instanceof Unsupported ? 'source' : 'content';
  }
};

const sorted = async (args: readonly string[], io: Io) => {
  const torrents: string[] = [];
  const contents: string[] = [];
  /** Which argument each torrent came from, by its info-hash. */
  const paths = new Map<string, string>();
  for (const arg of args) {
    const there = LINK.test(arg) || INFO_HASH.test(arg) ? undefined : lookAt(arg);
    // A pipe, as of `<(curl …)`, can be read only once.
    const found = there?.isDirectory() ? 'content' : there?.isFile() ? await torrentIn(arg, there.size, io) : 'source';
    if (found === 'content') contents.push(arg);
    else torrents.push(arg);
    if (typeof found === 'object') paths.set(toHex(found.infoHash), arg);
  }
  return { torrents, contents, paths };
};

/**
 * Tells torrents from content: a file that is a .torrent is one, and what else exists is content. With torrents there
 * is one place for the data of all of them, or none: then it is looked for beside each .torrent, and in the current
 * folder.
 *
 * @throws InputError
 */
export const seedSources = async (args: readonly string[], io: Io): Promise<SeedSources> => {
  const { torrents, contents, paths } = await sorted(args, io);
  const [content, ...more] = contents;
  if (torrents.length > 0 && more.length > 0)
    throw new InputError(
      'bad-option',
      `${visible(more[0] ?? '')}: with torrents, name one place for the data of all of them, ` +
        'or seed them one at a time',
    );
  const targetFor = async (torrent: Torrent): Promise<Target> => {
    const path = paths.get(toHex(torrent.infoHash));
    const found =
      content === undefined
        ? findData(torrent, path === undefined ? ['.'] : [dirname(path), '.'], path ?? torrent.name)
        : await existingTarget(torrent, content);
    return { ...found, readOnly: true };
  };
  return { torrents, contents, targetFor };
};

/** Where content is of which a torrent was made: a link to it may have any name. */
export const contentTarget = (path: string): Target => {
  const real = realpathSync(resolve(path));
  return { folder: dirname(real), name: basename(real), readOnly: true };
};
