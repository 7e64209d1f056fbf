import { equalIds } from '../../protocol/encoding/id.ts';
import type { Bitfield } from '../bitfield.ts';
import { Geometry } from '../geometry.ts';
import type { Torrent } from './metainfo.ts';
import { type AnyNote, type ResumeNote, sameStamp, type Stamp } from '../pieces/resumeNote.ts';

/** Advice for the user about a file that is in the way. */
export const IN_THE_WAY = 'move it away or choose another place; --force replaces it';

/** What the disk says of one file. */
export interface FoundStamp extends Stamp {
  /** Allocated bytes on disk: less than `size` if the file has holes. */
  readonly allocated?: number;
}

/** What is known when we decide whether files may be overwritten. */
export interface Findings {
  /** One for each file of the torrent. */
  readonly stamps: readonly FoundStamp[];
  /** Pieces that are on disk. */
  readonly have: Bitfield;
  /** Pieces that will be downloaded unless they are on disk. */
  readonly wanted: (piece: number) => boolean;
  /** The resume note of an earlier run about the same torrent in the same place. */
  readonly note: ResumeNote | undefined;
  /** Resume notes of other torrents about the same place. */
  readonly others: readonly AnyNote[];
}

/**
 * A file that exists and may not be ours: it holds nothing of this torrent, or the resume note of another torrent
 * claims it.
 */
export interface Occupied {
  readonly file: number;
  /** Info-hash of the other torrent. */
  readonly by?: Uint8Array;
}

type Files = Pick<Torrent, 'infoHash' | 'length' | 'pieceLength' | 'files'>;

/** The wanted files that are longer on disk than in the torrent. */
export const longerFiles = (
  { files }: Pick<Torrent, 'files'>,
  stamps: readonly Stamp[],
  wants: (file: number) => boolean,
): readonly number[] =>
  files.flatMap(({ length, padding }, file) =>
    !padding && wants(file) && (stamps[file]?.size ?? -1) > length ? [file] : [],
  );

/**
 * The files that would be overwritten though they may not be ours. A file is ours if our resume note says so, or one of
 * its pieces is right. A file that has holes, or is too small to contain a whole piece, may be a download that another
 * client has begun: we believe that if another part of the torrent is there.
 */
export const occupiedFiles = (
  torrent: Files,
  { stamps, have, wanted, note, others }: Findings,
): readonly Occupied[] => {
  const geometry = new Geometry(torrent);
  const strangers = others.filter(({ infoHash }) => !equalIds(infoHash, torrent.infoHash));
  const found: Occupied[] = [];
  for (const [file, { offset, length, padding }] of torrent.files.entries()) {
    const stamp = stamps[file];
    if (padding || length === 0 || stamp === undefined || stamp.size <= 0) continue;
    const [first, last] = geometry.piecesOf(offset, length);
    let [right, missing] = [0, 0];
    for (let piece = first; piece <= last; piece++) {
      if (have.has(piece)) right++;
      else if (wanted(piece)) missing++;
    }
    if (missing === 0 || isOurs(note, file, stamp)) continue;
    const by = strangers.find((other) => claims(other, stamp))?.infoHash;
    if (by !== undefined) found.push({ file, by });
    else if (right === 0 && !(have.count > 0 && maybePartial(geometry, offset, stamp))) found.push({ file });
  }
  return found;
};

/**
 * A note of a clean exit describes the file as it was left; any other note was made while the file was still being
 * written.
 */
const isOurs = (note: ResumeNote | undefined, file: number, stamp: FoundStamp): boolean =>
  note !== undefined && (!note.clean || sameStamp(note.stamps[file], stamp));

const claims = ({ stamps, clean }: AnyNote, now: FoundStamp): boolean =>
  stamps.some(
    (then) => then.size >= 0 && (then.ino ?? 0) !== 0 && then.ino === now.ino && (!clean || sameStamp(then, now)),
  );

const maybePartial = ({ pieceLength }: Geometry, offset: number, { size, allocated = size }: FoundStamp): boolean => {
  const own = Math.ceil(offset / pieceLength) * pieceLength;
  return allocated < size || own + pieceLength > offset + size;
};
