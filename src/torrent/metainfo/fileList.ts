import { described, type Dict, dictOf, listOf, textOf } from '../../protocol/encoding/bencode.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { type Raw, rawPath, type ToText } from './names.ts';

export const MAX_FILES = 100_000;
/** Maximum depth of folders. */
export const MAX_PATH_DEPTH = 100;
/** Maximum length of the content, in bytes, so that offsets stay exact numbers. */
export const MAX_LENGTH = Number.MAX_SAFE_INTEGER;

// The names of padding files that BitComet made before there was an attribute for them.
const PADDING_NAME = /^_____padding_file/;

export interface TorrentFile {
  /** Names as the torrent has them, outermost folder first. They are not yet safe to use on disk. */
  readonly path: readonly string[];
  readonly length: number;
  /** Offset of the file in the torrent, in bytes. */
  readonly offset: number;
  /** A padding file: zeros that align the next file, never written to disk. BEP 47. */
  readonly padding: boolean;
  /** The letters of `attr`, for example `x` (executable) or `h` (hidden). BEP 47. */
  readonly attributes: string;
  /**
   * The target of a symbolic link, as names from the top of the torrent. It comes from a stranger, and is never
   * followed. BEP 47.
   */
  readonly link?: readonly string[];
  /** The root of the file's hashes in version 2: of hybrid torrents, and not of empty files. BEP 52. */
  readonly root?: Uint8Array;
}

/**
 * The files of an info dictionary in order, or the single file `name` if there is no list. `toText` decodes names. BEP
 * 3, 47.
 */
export const fileList = (info: Dict, name: string, toText: ToText): readonly TorrentFile[] => {
  // A single file cannot be padding, whatever its name.
  if (!info.has('files')) return [{ ...toFile(info, 'info', [name], 0, toText), padding: false }];
  const list = listOf(info.get('files'));
  if (!list) throw new Malformed('info.files', 'a list', described(info.get('files')));
  if (list.length === 0) throw new Malformed('info.files', 'at least one file', 0);
  if (list.length > MAX_FILES) throw new Malformed('info.files', `at most ${MAX_FILES} files`, list.length);
  const files: TorrentFile[] = [];
  let offset = 0;
  for (const [index, item] of list.entries()) {
    const what = `info.files[${index}]`;
    const entry = dictOf(item);
    if (!entry) throw new Malformed(what, 'a dictionary', described(item));
    const file = toFile(entry, what, pathOf(entry, what).map(toText), offset, toText);
    files.push(file);
    offset += file.length;
    if (offset > MAX_LENGTH) throw new Malformed(what, `at most ${MAX_LENGTH} bytes in all files`, 'more');
  }
  return files;
};

const toFile = (entry: Dict, what: string, path: readonly string[], offset: number, toText: ToText): TorrentFile => {
  const attributes = textOf(entry.get('attr')) ?? '';
  const padding = attributes.includes('p') || PADDING_NAME.test(path.at(-1) ?? '');
  const link = attributes.includes('l') ? rawPath(entry, 'symlink path')?.map(toText) : undefined;
  return { path, length: lengthOf(entry, what, attributes), offset, padding, attributes, ...(link && { link }) };
};

const lengthOf = (entry: Dict, what: string, attributes: string): number => {
  // A symbolic link has no content.
  const length = entry.get('length') ?? (attributes.includes('l') ? 0 : undefined);
  if (typeof length === 'number' && length >= 0) return length;
  throw new Malformed(`${what}.length`, `a number of bytes from 0 to ${MAX_LENGTH}`, described(length));
};

const pathOf = (entry: Dict, what: string): readonly Raw[] => {
  const path = rawPath(entry, 'path');
  if (!path) throw new Malformed(`${what}.path`, 'a list of at least one name', described(entry.get('path')));
  if (path.length > MAX_PATH_DEPTH)
    throw new Malformed(`${what}.path`, `at most ${MAX_PATH_DEPTH} folders inside one another`, path.length);
  return path;
};
