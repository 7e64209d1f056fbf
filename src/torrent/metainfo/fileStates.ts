import type { Bitfield } from '../bitfield.ts';
import { Geometry } from '../geometry.ts';
import type { Torrent } from './metainfo.ts';
import type { Stamp } from '../pieces/resumeNote.ts';

/**
 * What a check has found out about one file: it is as it should be; not there; shorter or longer than it should be; of
 * the right length, and a piece of it is wrong; or a piece that it shares with a file that is not there can't tell.
 */
export type FileState = 'complete' | 'missing' | 'too-short' | 'too-long' | 'damaged' | 'unknown';

export interface CheckedFile {
  /** Its number, from 0. */
  readonly file: number;
  readonly state: FileState;
  /** Bytes on disk; -1 if there is no such file. */
  readonly size: number;
}

type Files = Pick<Torrent, 'length' | 'pieceLength' | 'files'>;

/**
 * The state of each wanted file, in the order of the files; padding is none. What is no part of a piece counts, too: a
 * file without a byte has to be there, and behind the end of a file there must be nothing.
 *
 * @param stamps one per file of the torrent, of after the pieces were read
 * @param right the pieces whose hash is right
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

/** The pieces of which bytes are not there. */
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
