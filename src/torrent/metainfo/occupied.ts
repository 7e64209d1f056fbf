import { equalIds } from '../../protocol/encoding/id.ts';
import type { Bitfield } from '../bitfield.ts';
import { Geometry } from '../geometry.ts';
import type { Torrent } from './metainfo.ts';
import { type AnyNote, type ResumeNote, sameStamp, type Stamp } from '../pieces/resumeNote.ts';

/** What the user may do about a file that is in the way. */
export const IN_THE_WAY = 'move it away or choose another place; --force replaces it';

/** What the disk says of one file. */
export interface FoundStamp extends Stamp {
  /** Bytes that it takes on disk: less than `size` where it has holes. */
  readonly allocated?: number;
}

/** What is known when it is decided whether files may be written to. */
export interface Findings {
  /** One per file of the torrent. */
  readonly stamps: readonly FoundStamp[];
  /** Pieces that are there. */
  readonly have: Bitfield;
  /** Pieces that will be fetched if they are not. */
  readonly wanted: (piece: number) => boolean;
  /** What an earlier run has noted about the same torrent in the same place. */
  readonly note: ResumeNote | undefined;
  /** What runs with other torrents have noted about the same place. */
  readonly others: readonly AnyNote[];
}

/**
 * A file that is there and may not be ours: nothing in it is of this torrent, or another torrent's note says that it
 * belongs to that one.
 */
export interface Occupied {
  readonly file: number;
  /** Info-hash of the other torrent. */
  readonly by?: Uint8Array;
}

type Files = Pick<Torrent, 'infoHash' | 'length' | 'pieceLength' | 'files'>;

/** The wanted files that are longer than the torrent has them. */
export const longerFiles = (
  { files }: Pick<Torrent, 'files'>,
  stamps: readonly Stamp[],
  wants: (file: number) => boolean,
): readonly number[] =>
  files.flatMap(({ length, padding }, file) =>
    !padding && wants(file) && (stamps[file]?.size ?? -1) > length ? [file] : [],
  );

/**
 * The files that would be written to though they may be somebody else's. A file is ours if our note says so, or one of
 * its pieces is right. With holes, or too small to hold a piece of its own, a file may be what another client has begun
 * to download: that is believed when something else of the torrent is there.
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

/** A clean note speaks of the file as it was left; another was made while the file was still being written to. */
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
