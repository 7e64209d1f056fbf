import type { Geometry } from '../geometry.ts';
import { selects, type Span } from '../metainfo/selection.ts';
import type { Torrent } from '../metainfo/metainfo.ts';

/** How much sooner than others some files are wanted. */
export interface FilePriority {
  /** Their numbers, from 0; all files if absent. */
  readonly files?: readonly Span[] | undefined;
  /** From −128 to 127: higher is requested sooner. */
  readonly priority: number;
  /** It holds for the first and the last piece of each of these files only: a player needs both to show anything. */
  readonly ends?: boolean;
}

/** What all files have unless told otherwise. */
export const NORMAL = 0;

/** Spans of pieces of one file, and their priority. */
type Ranked = readonly [first: number, last: number, priority: number];

/**
 * The priority of each piece. A file has the last priority that is given to it, its ends have a higher one if it is
 * given to them; a piece has the highest of the wanted files that have a byte in it.
 *
 * @example piecePriorities(torrent, geometry, [{ files: [[2, 2]], priority: 1 }], () => true)
 */
export const piecePriorities = (
  { files }: Pick<Torrent, 'files'>,
  geometry: Geometry,
  given: readonly FilePriority[],
  wants: (file: number) => boolean,
): Int8Array => {
  const rules = given.map(({ files, priority, ends = false }) => ({ holds: selects(files), priority, ends }));
  const pieces = new Int8Array(geometry.pieceCount);
  const known = new Uint8Array(geometry.pieceCount);
  const rank = ([first, last, priority]: Ranked): void => {
    for (let piece = first; piece <= last; piece++) {
      if (known[piece] === 0 || priority > (pieces[piece] as number)) pieces[piece] = priority;
      known[piece] = 1;
    }
  };
  for (const [file, { offset, length, padding }] of files.entries()) {
    if (padding || length === 0 || !wants(file)) continue;
    const [first, last] = geometry.piecesOf(offset, length);
    const held = rules.filter(({ holds }) => holds(file));
    const own = held.findLast(({ ends }) => !ends)?.priority ?? NORMAL;
    rank([first, last, own]);
    for (const { ends, priority } of held) {
      if (!ends) continue;
      rank([first, first, priority]);
      rank([last, last, priority]);
    }
  }
  return pieces;
};
