import { equalIds, ID_LENGTH, sha1 } from '../../protocol/encoding/id.ts';
import { Bitfield } from '../bitfield.ts';
import { Geometry } from '../geometry.ts';
import type { Torrent } from '../metainfo/metainfo.ts';

/** What the disk says of one file. */
export interface Stamp {
  /** Bytes; -1 if there is no such file. */
  readonly size: number;
  /** Milliseconds since 1970, with fraction. */
  readonly mtime: number;
  /** The same of the last change of content, name or rights. 0 where that is unknown. */
  readonly ctime?: number;
  /** Which file it is on its disk, whatever its name. 0 where that is unknown. */
  readonly ino?: number;
}

/**
 * What to remember between runs. The stamps are taken *after* the copy of `have` they go with. So every piece of
 * `have` was verified and written before its files were stamped, and a file that looks the same still has them.
 * The other way round every write in between would make its whole file doubtful. What is written between the two is in
 * `pending`, which is copied last: never trusted, but looked at.
 */
export interface ResumeNote {
  readonly infoHash: Uint8Array;
  /** Pieces verified and written. */
  readonly have: Bitfield;
  /** Pieces that may have been written since `have` was copied, or were being written: to be looked at. */
  readonly pending: Bitfield;
  /** One per file of the torrent. */
  readonly stamps: readonly Stamp[];
  /** `ResumeStore.boot` of the run that wrote the note; at most 255 bytes of it count. */
  readonly boot: string;
  /** All that `have` promises was flushed to disk before, so that it outlives a power cut. */
  readonly clean: boolean;
  /**
   * Each piece of `have` was verified or written while its files had these stamps, by this or an earlier run of the
   * same boot. So as long as they look the same, none has to be verified again before it is uploaded.
   */
  readonly sound: boolean;
  /** Payload bytes of all runs. */
  readonly downloaded: number;
  readonly uploaded: number;
}

/** Pieces to believe in, and pieces to look at. */
export interface Trust {
  readonly have: Bitfield;
  /** In ascending order. */
  readonly doubtful: readonly number[];
  /** Need no piece of `have` be verified before it is uploaded? */
  readonly sound: boolean;
}

type Files = Pick<Torrent, 'infoHash' | 'length' | 'pieceLength' | 'files'>;

const MAGIC = new TextEncoder().encode('rxtorrent resume');
const VERSION = 2;
const MAX_BOOT = 255;
/** Magic, version, info-hash, clean and sound, two totals, two counts, length of boot. */
const HEAD = MAGIC.length + 1 + ID_LENGTH + 1 + 16 + 8 + 1;
const STAMP = 32;
/** Bits of one byte. */
const CLEAN = 1;
const SOUND = 2;

/** Everything in big endian: head, boot, stamps, bitfield, and the SHA-1 of all that. */
export const encodeResume = (note: ResumeNote): Uint8Array => {
  const boot = new TextEncoder().encode(note.boot).subarray(0, MAX_BOOT);
  const size = HEAD + boot.length + note.stamps.length * STAMP + 2 * note.have.bytes.length;
  const bytes = new Uint8Array(size + ID_LENGTH);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  let at = MAGIC.length;
  bytes[at++] = VERSION;
  bytes.set(note.infoHash, at);
  at += ID_LENGTH;
  bytes[at++] = (note.clean ? CLEAN : 0) | (note.sound ? SOUND : 0);
  view.setFloat64(at, note.downloaded);
  view.setFloat64(at + 8, note.uploaded);
  view.setUint32(at + 16, note.stamps.length);
  view.setUint32(at + 20, note.have.length);
  at += 24;
  bytes[at++] = boot.length;
  bytes.set(boot, at);
  at += boot.length;
  for (const stamp of note.stamps) {
    view.setFloat64(at, stamp.size);
    view.setFloat64(at + 8, stamp.mtime);
    view.setFloat64(at + 16, stamp.ctime ?? 0);
    view.setFloat64(at + 24, stamp.ino ?? 0);
    at += STAMP;
  }
  bytes.set(note.have.bytes, at);
  bytes.set(note.pending.bytes, at + note.have.bytes.length);
  bytes.set(sha1(bytes.subarray(0, size)), size);
  return bytes;
};

/** A note of any torrent, as far as it can be read without knowing the torrent. */
export type AnyNote = Pick<ResumeNote, 'infoHash' | 'stamps' | 'clean'>;

/** The note, if it is whole and of this version; otherwise undefined. Never throws. */
export const decodeAnyNote = (bytes: Uint8Array): AnyNote | undefined => read(bytes);

/** The note, if it is whole, of this version, and of this torrent; otherwise undefined. Never throws. */
export const decodeResume = (bytes: Uint8Array, torrent: Files): ResumeNote | undefined => {
  const note = read(bytes);
  if (note === undefined || !equalIds(note.infoHash, torrent.infoHash)) return undefined;
  return note.stamps.length === torrent.files.length && note.have.length === new Geometry(torrent).pieceCount
    ? note
    : undefined;
};

const read = (bytes: Uint8Array): ResumeNote | undefined => {
  if (
    bytes.length < HEAD + ID_LENGTH ||
    !equalIds(bytes.subarray(0, MAGIC.length), MAGIC) ||
    bytes[MAGIC.length] !== VERSION
  )
    return undefined;
  const size = bytes.length - ID_LENGTH;
  if (!equalIds(sha1(bytes.subarray(0, size)), bytes.subarray(size))) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  let at = MAGIC.length + 1;
  const infoHash = bytes.slice(at, at + ID_LENGTH);
  at += ID_LENGTH;
  const flags = bytes[at++] ?? 0;
  const [downloaded, uploaded] = [view.getFloat64(at), view.getFloat64(at + 8)];
  const [fileCount, pieceCount] = [view.getUint32(at + 16), view.getUint32(at + 20)];
  at += 24;
  const bootLength = bytes[at++] ?? 0;
  const fieldLength = Math.ceil(pieceCount / 8);
  if (size !== HEAD + bootLength + fileCount * STAMP + 2 * fieldLength) return undefined;
  const boot = new TextDecoder().decode(bytes.subarray(at, at + bootLength));
  at += bootLength;
  const number = (n: number, field: number): number => view.getFloat64(at + n * STAMP + field * 8);
  const stamps = Array.from({ length: fileCount }, (_, n) => ({
    size: number(n, 0),
    mtime: number(n, 1),
    ctime: number(n, 2),
    ino: number(n, 3),
  }));
  const fields = at + fileCount * STAMP;
  const have = bitfield(bytes.subarray(fields, fields + fieldLength), pieceCount);
  const pending = bitfield(bytes.subarray(fields + fieldLength, size), pieceCount);
  return have && pending && isTotal(downloaded) && isTotal(uploaded)
    ? { ...{ infoHash, have, pending, stamps, boot, downloaded, uploaded }, ...flagsOf(flags) }
    : undefined;
};

const flagsOf = (flags: number): Pick<ResumeNote, 'clean' | 'sound'> => ({
  clean: (flags & CLEAN) !== 0,
  sound: (flags & SOUND) !== 0,
});

/**
 * What may be believed of `note`, given what the disk says `now` (one stamp per file) and this run's `boot`.
 * - A file of full size whose stamp is that of the note is as it was: its pieces are believed, no others looked for.
 * - If the machine restarted since, and the note was not a clean one, the disk may have lost what it had said it wrote:
 *   no file is as it was. Without a note, none is either.
 * - A piece that touches a file that is not as it was is doubtful, unless none of its files has a byte on disk.
 * - A note that is sound says so for this boot only: after a power cut the disk itself is in doubt. And only where the
 *   disk tells the inode and the time of the last change, which no program can set, as it can the modification time.
 */
export const trusted = (note: ResumeNote | undefined, now: readonly Stamp[], boot: string, torrent: Files): Trust => {
  const geometry = new Geometry(torrent);
  const believable = note && (note.clean || note.boot === boot) ? note : undefined;
  const changed = new Bitfield(geometry.pieceCount);
  const there = new Bitfield(geometry.pieceCount);
  let sound = believable?.sound === true && believable.boot === boot;
  torrent.files.forEach((file, index) => {
    if (file.padding || file.length === 0) return;
    const size = now[index]?.size ?? -1;
    if (size > 0) mark(there, geometry, file);
    if (!believable || size < file.length || !sameStamp(believable.stamps[index], now[index]))
      mark(changed, geometry, file);
    else if (!surelySame(believable.stamps[index], now[index])) sound = false;
  });
  const have = new Bitfield(geometry.pieceCount);
  const doubtful: number[] = [];
  for (let piece = 0; piece < geometry.pieceCount; piece++) {
    if (!changed.has(piece)) {
      if (believable?.have.has(piece)) have.set(piece);
      else if (believable?.pending.has(piece)) doubtful.push(piece);
    } else if (there.has(piece)) doubtful.push(piece);
  }
  return { have, doubtful, sound };
};

const mark = (field: Bitfield, geometry: Geometry, { offset, length }: Torrent['files'][number]): void => {
  const [first, last] = geometry.piecesOf(offset, length);
  for (let piece = first; piece <= last; piece++) field.set(piece);
};

/** Could nobody change the file without its stamp telling? */
const isKnown = (stamp: Stamp | undefined): boolean => (stamp?.ctime ?? 0) > 0 && (stamp?.ino ?? 0) > 0;

/** Is it the same file, and untouched, beyond doubt? */
export const surelySame = (then: Stamp | undefined, now: Stamp | undefined): boolean =>
  isKnown(then) && isKnown(now) && sameStamp(then, now);

/** Is it the same file, and untouched? What one of them does not know counts for nothing. */
export const sameStamp = (then: Stamp | undefined, now: Stamp | undefined): boolean =>
  then !== undefined &&
  now !== undefined &&
  then.size === now.size &&
  then.mtime === now.mtime &&
  agree(then.ctime, now.ctime) &&
  agree(then.ino, now.ino);

const agree = (then = 0, now = 0): boolean => then === now || then === 0 || now === 0;

const isTotal = (bytes: number): boolean => Number.isSafeInteger(bytes) && bytes >= 0;

const bitfield = (bytes: Uint8Array, length: number): Bitfield | undefined => {
  try {
    return Bitfield.from(bytes, length);
  } catch {
    return undefined;
  }
};
