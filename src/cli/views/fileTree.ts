import type { FilePlace } from '../../disk/files/filePlaces.ts';
import type { TorrentFile } from '../../torrent/metainfo/fileList.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { visible } from '../io/text.ts';
import { bytes } from '../io/units.ts';

/** Levels of folders that are indented; deeper ones stand below each other. */
const MAX_INDENT = 16;
/** Columns of a size, such as `1023 KiB`. */
const SIZE = 8;

const indent = (depth: number): string => '  '.repeat(Math.min(depth, MAX_INDENT));

const joined = (names: readonly string[]): string => visible(names.join('/'));

/** What there is to say of a file beside its name. */
const notes = ({ path, attributes, link }: TorrentFile, becomes: readonly string[]): string => {
  const last = path.at(-1);
  const words: string[] = [];
  if (attributes.includes('x')) words.push('executable');
  if (attributes.includes('h')) words.push('hidden');
  if (becomes.length > 0 && becomes.length !== path.length) words.push(`saved as ${joined(becomes)}`);
  else if (becomes.length > 0 && becomes.at(-1) !== last) words.push(`saved as ${visible(becomes.at(-1) ?? '')}`);
  const to = attributes.includes('l') ? (link ? ` -> ${joined(link)}` : ' (symbolic link)') : '';
  return `${to}${words.length > 0 ? ` (${words.join(', ')})` : ''}`;
};

/** A folder, and what it becomes on disk. */
const folderLine = (name: string, becomes: string): string =>
  `${visible(name)}/${becomes === name ? '' : ` (saved as ${visible(becomes)}/)`}`;

/**
 * The files with their numbers and sizes, in their order, each folder above what is in it. Names that are changed say
 * what they become, by `places`. What `marked` says is chosen begins with `*`, if there is anything to choose.
 */
export const fileTree = (
  { files, layout }: Pick<Torrent, 'files' | 'layout'>,
  places: readonly FilePlace[],
  marked?: (place: number) => boolean,
): readonly string[] => {
  const digits = String(files.length).length;
  const lines: string[] = [];
  const edge = ' '.repeat(digits + SIZE + (marked ? 6 : 4));
  let above: { readonly path: readonly string[]; readonly as: readonly string[] } = { path: [], as: [] };
  let number = 0;
  files.forEach((file, place) => {
    if (file.padding) return;
    const { path } = file;
    const becomes = layout === 'file' ? [] : (places[place]?.path ?? '').split('/').slice(1);
    const as = becomes.length === path.length ? becomes : path;
    const folders = path.length - 1;
    let depth = 0;
    const last = above.path.length - 1;
    while (depth < Math.min(folders, last) && path[depth] === above.path[depth] && as[depth] === above.as[depth])
      depth++;
    for (; depth < folders; depth++)
      lines.push(`${edge}${indent(depth)}${folderLine(path[depth] ?? '', as[depth] ?? '')}`);
    above = { path, as };
    const mark = marked ? (marked(place) ? '* ' : '  ') : '';
    const name = `${indent(folders)}${visible(path.at(-1) ?? '')}${notes(file, becomes)}`;
    lines.push(`${mark}${String(++number).padStart(digits)}  ${bytes(file.length).padStart(SIZE)}  ${name}`);
  });
  return lines;
};
