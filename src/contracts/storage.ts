import type { Observable } from 'rxjs';
import type { FileEntry } from '../torrent/metainfo/padding.ts';

/** What the disk says of one file now. */
export interface FileStamp {
  /** Bytes; -1 if there is no such file. */
  readonly size: number;
  /** When the content was last changed, in milliseconds since 1970, with fraction; 0 if there is no such file. */
  readonly mtime: number;
  /** The same of content, name and rights. 0 where that is unknown. */
  readonly ctime?: number;
  /** Which file it is on its disk, whatever its name. 0 where that is unknown. */
  readonly ino?: number;
  /** Bytes that it takes on disk: less than `size` where it has holes. `size` where that is unknown. */
  readonly allocated?: number;
}

/**
 * The bytes of one torrent on disk, as one row of `torrent.length` bytes. Errors are `StorageError`s.
 * Nothing is created or changed before the first `write`, `finish` or `notes.save`; no file but those of
 * `Target.wanted`.
 */
export interface Storage {
  /** The file or folder that all is, or is in. */
  readonly place: string;
  /** Where each file of `torrent.files` is, or will be; '' for padding, which is never on disk. */
  readonly paths: readonly string[];
  /** Fills `into` from `offset`; emits the number of bytes read: fewer where a file is shorter or missing. */
  read(offset: number, into: Uint8Array): Observable<number>;
  /**
   * SHA-1 of `length` bytes at `offset`, read and hashed elsewhere; completes without a value where only `read` can
   * help.
   */
  digest?(offset: number, length: number): Observable<Uint8Array>;
  /**
   * Writes all of `bytes` at `offset`, across file borders; emits their number. They are lent until then: a storage
   * that keeps them copies them (`slice`; they are no `Buffer`, whose `slice` copies nothing).
   */
  write(offset: number, bytes: Uint8Array): Observable<number>;
  /** The same for what lies in several buffers, one after the other. Where it is missing each is written on its own. */
  writev?(offset: number, parts: readonly Uint8Array[]): Observable<number>;
  /** Nothing of what is in `files` (their numbers) is kept once one of them is written to. Only with `Target.force`. */
  replace(files: readonly number[]): void;
  /**
   * To be called when all that is wanted is stored: makes files that have no byte, cuts what is too long (with
   * `Target.force`), and gives up what is kept apart and no longer needed. Completes without a value. Errors with
   * `missing` when a file has been replaced, cut or deleted by another program, and with `occupied` when one is too
   * long.
   */
  finish(): Observable<never>;
  /**
   * Files that another program has changed since they were first written to: what is in them is to be checked again.
   */
  doubted(): readonly number[];
  /** Whole pieces that touch a file that is not wanted, and so are kept apart from the files, too: unchecked. */
  readonly apart: Pick<Storage, 'read'> & { pieces(): readonly number[] };
  /** One stamp per file of `torrent.files`, in their order. */
  stamps(): Observable<readonly FileStamp[]>;
  /** Makes what was written survive a power cut (fsync of every file written to). Completes without a value. */
  flush(): Observable<never>;
  /** The note kept beside the data: what was verified in earlier runs. */
  readonly notes: ResumeStore;
  /**
   * True for a pipe: a write completes only after everything before it has been written, and nothing can be read back.
   * The download then starts every write at once, requests pieces in order, and tells no peer that it has any.
   */
  readonly ordered?: boolean;
}

export interface ResumeStore {
  /** Emits the note, or undefined when there is none or it can't be read. */
  load(): Observable<Uint8Array | undefined>;
  /**
   * Replaces the note atomically: temp file, fsync, rename. That of a `complete` torrent may be kept elsewhere.
   * Completes without a value.
   */
  save(note: Uint8Array, complete?: boolean): Observable<never>;
  /** Emits the notes of other torrents about the same place, once. */
  others(): Observable<readonly Uint8Array[]>;
  /** Distinguishes one run of this machine from the next, so that a note can tell that the power went. */
  readonly boot: string;
}

/** Where a download goes. */
export interface Target {
  /** The folder; a torrent of several files makes a folder of its own name in it. */
  readonly folder: string;
  /** The name of the file, or of the folder made in `folder`, instead of the torrent's own. */
  readonly name?: string;
  /** Files that are in the way may be replaced. Otherwise they are an error, and stay as they are. */
  readonly force?: boolean;
  /** Nothing in `folder` is created or changed, not even a lock. */
  readonly readOnly?: boolean;
  /**
   * The files, by their numbers from 0, that are to be on disk. All if not given. `download` says it by its `select`.
   */
  readonly wanted?: (file: number) => boolean;
}

/**
 * Does the piece have the hash that its torrent promises? At once, or when it is known. `digest` is that of
 * `Env.hasher`, if it was computed while the piece came.
 */
export type Verify = (piece: {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly digest?: Uint8Array | undefined;
}) => boolean | Observable<boolean>;

/** What is there to make a torrent of: a file, or a folder of files. */
export interface Content {
  readonly name: string;
  readonly layout: 'file' | 'folder';
  /** Sorted by their paths, byte for byte. Names are text, outermost first. */
  readonly files: readonly FileEntry[];
  /** What was left out, in words for people. */
  readonly skipped: readonly string[];
  /**
   * SHA-1 of all pieces, as they are ready, if `files` (those above, with padding among them) are cut at every
   * `pieceLength` bytes. Completes only if no file has changed since it was found. Errors with a `StorageError`.
   */
  digests(files: readonly FileEntry[], pieceLength: number): Observable<PieceDigest>;
}

export interface PieceDigest {
  readonly index: number;
  /** 20 bytes. */
  readonly digest: Uint8Array;
}

export interface ContentOptions {
  /** What becomes of symbolic links in the folder: an error, left out, or taken for what they lead to. `refuse`. */
  readonly links?: 'refuse' | 'skip' | 'follow';
  /** Absolute path of a file that is left out: where the .torrent is written to. */
  readonly except?: string;
}
