import type { Bitfield } from '../bitfield.ts';
import { Geometry } from '../geometry.ts';
import type { Torrent } from './metainfo.ts';
import type { Stamp } from '../pieces/resumeNote.ts';

/**
 * The result of checking one file: `complete`; `missing`; `too-short` or `too-long`; `damaged` if its length is right,
 * but one of its pieces is wrong; `unknown` if that cannot be told, because it shares a piece with a missing file.
 */
export type FileState = 'complete' | 'missing' | 'too-short' | 'too-long' | 'damaged' | 'unknown';

export interface CheckedFile {
  /** Index of the file, from 0. */
  readonly file: number;
  readonly state: FileState;
  /** Size on disk in bytes; -1 if there is no such file. */
  readonly size: number;
}

type Files = Pick<Torrent, 'length' | 'pieceLength' | 'files'>;

/**
 * The state of each wanted file, in order, without padding. What no piece covers is checked, too: an empty file has to
 * exist, and a file must not be longer than it should be.
 *
 * @param stamps one for each file of the torrent, taken after the pieces were read
 * @param right the pieces whose hashes are right
 */
export const fileStates = (
  torrent: Files,
  stamps: readonly Stamp[],
  right: Bitfield,
  wants: (file: number) => boolean = () => true,
): readonly CheckedFile[] => {
  const geometry = new Geometry(torrent);
  const lacking = lackingPieces(torrent, geometry, stamps);
  return torrent.files.flatMap(({ offset, length, padding }, file): CheckedFile[] => {
    if (padding || !wants(file)) return [];
    const size = stamps[file]?.size ?? -1;
    const told = (state: FileState): CheckedFile[] => [{ file, state, size }];
    if (size < 0) return told('missing');
    if (size < length) return told('too-short');
    if (size > length) return told('too-long');
    if (length === 0) return told('complete');
    const [first, last] = geometry.piecesOf(offset, length);
    let state: FileState = 'complete';
    for (let piece = first; piece <= last; piece++) {
      if (right.has(piece)) continue;
      if (!lacking.has(piece)) return told('damaged');
      state = 'unknown';
    }
    return told(state);
  });
};

/** The pieces with bytes that are missing on disk. */
const lackingPieces = ({ files }: Files, geometry: Geometry, stamps: readonly Stamp[]): ReadonlySet<number> => {
  const lacking = new Set<number>();
  for (const [file, { offset, length, padding }] of files.entries()) {
    const size = Math.max(0, stamps[file]?.size ?? -1);
    if (padding || size >= length) continue;
    const [first, last] = geometry.piecesOf(offset + size, length - size);
    for (let piece = first; piece <= last; piece++) lacking.add(piece);
  }
  return lacking;
};
