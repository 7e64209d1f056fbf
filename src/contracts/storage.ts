import type { Observable } from 'rxjs';
import type { FileEntry } from '../torrent/metainfo/padding.ts';

/** What the file system says of one file now. */
export interface FileStamp {
  /** Bytes; -1 if there is no such file. */
  readonly size: number;
  /** When the content was last changed, in milliseconds since 1970, with fraction; 0 if there is no such file. */
  readonly mtime: number;
  /** When content, name or rights were last changed, in the same unit. 0 where that is unknown. */
  readonly ctime?: number;
  /** The file's number on its disk (inode), whatever its name. 0 where that is unknown. */
  readonly ino?: number;
  /** Bytes that it takes on disk: less than `size` where it has holes. `size` where that is unknown. */
  readonly allocated?: number;
}

/**
 * The bytes of one torrent on disk, as one sequence of `torrent.length` bytes. Errors are `StorageError`s. Nothing is
 * created or changed before the first `write`, `reuse`, `finish` or `notes.save`; no file but those of
 * `Target.wanted`.
 */
export interface Storage {
  /** The file, or the folder that the files are in, once all of them are there. */
  readonly place: string;
  /** Where each file of `torrent.files` is, or will be; '' for padding, which is never on disk. */
  readonly paths: readonly string[];
  /** Fills `into` from `offset`; emits the number of bytes read: fewer where a file is shorter or missing. */
  read(offset: number, into: Uint8Array): Observable<number>;
  /**
   * SHA-1 of `length` bytes at `offset` (in version 2: of each block SHA-256), read and hashed on another thread.
   * Completes without a value where only `read` can be used.
   */
  digest?(offset: number, length: number): Observable<Uint8Array>;
  /**
   * Writes all of `bytes` at `offset`, across file borders; emits their number. The bytes are lent until then: a
   * storage that keeps them copies them with `slice` (they are no `Buffer`, whose `slice` copies nothing).
   */
  write(offset: number, bytes: Uint8Array): Observable<number>;
  /** Writes several consecutive buffers in one call. Where it is absent, each is written on its own. */
  writev?(offset: number, parts: readonly Uint8Array[]): Observable<number>;
  /**
   * Declares that the old content of `files` (their numbers) is lost once one of them is written to. Only with
   * `Target.force`.
   */
  replace(files: readonly number[]): void;
  /**
   * Is called when all that is wanted is stored. It creates empty files, cuts files that are too long (with
   * `Target.force`), deletes pieces that are kept apart and no longer needed, and moves files to where they stay, which
   * `paths` then tell. Completes without a value. Errors with `missing` when a file has been replaced, cut or deleted
   * by another program, and with `occupied` when one is too long, or another file is where it is to be.
   */
  finish(): Observable<never>;
  /** Files that another program has changed since we first wrote to them: their content is to be checked again. */
  doubted(): readonly number[];
  /** Whole pieces that touch an unwanted file, and so are also kept apart from the files. They are unchecked. */
  readonly apart: Pick<Storage, 'read'> & { pieces(): readonly number[] };
  /**
   * Copies files that are not there from those of `Target.similar`, as far as they have the same root. What it made is
   * checked like everything on disk. Completes without a value. Absent where nothing can be copied.
   */
  reuse?(): Observable<never>;
  /** One stamp per file of `torrent.files`, in their order. */
  stamps(): Observable<readonly FileStamp[]>;
  /** Makes what was written survive a power cut (fsync of every file written to). Completes without a value. */
  flush(): Observable<never>;
  /** The note beside the data, which says what was verified in earlier runs. */
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
   * Replaces the note atomically: temp file, fsync, rename. The note of a `complete` torrent may be kept elsewhere.
   * Completes without a value.
   */
  save(note: Uint8Array, complete?: boolean): Observable<never>;
  /** Emits the notes of other torrents about the same place, once. */
  others(): Observable<readonly Uint8Array[]>;
  /** Distinguishes one boot of this machine from the next, so that a note shows whether the power was cut since. */
  readonly boot: string;
}

/** A file on disk, and what is said to be in it. */
export interface SimilarFile {
  /** Absolute. */
  readonly path: string;
  /** Bytes. */
  readonly length: number;
  /** 32 bytes: the root of its blocks (BEP 52). */
  readonly root: Uint8Array;
}

/** Where a download is stored. */
export interface Target {
  /** The folder; a torrent of several files makes a folder of its own name in it. */
  readonly folder: string;
  /** The name of the file, or of the folder made in `folder`, instead of the torrent's own. */
  readonly name?: string;
  /** The folder that the files are moved to when all of them are there: on this disk or another. */
  readonly moveTo?: string;
  /** What stands after the name of each file until all of them are there, such as `.part`. */
  readonly suffix?: string;
  /**
   * Other paths for files of a torrent of several, by their numbers from 0, below the folder of the torrent: names
   * joined by `/`, which are made safe as those of the torrent are.
   */
  readonly names?: Readonly<Record<number, string>>;
  /**
   * Files are also looked for under the endings that other clients put after a name until all is there (`.part`,
   * `.!qB`, `.!ut`, `.bc!`). They have their true names when all is there.
   */
  readonly adopt?: boolean;
  /**
   * Files that are there already, perhaps of other torrents (BEP 38). One of the length and the root (BEP 52) of a file
   * of the torrent is copied before peers are asked. They are only read.
   */
  readonly similar?: readonly SimilarFile[];
  /**
   * How room for a file is made at its first write: `sparse`, the default, takes what is written; `full` takes all of
   * it at once, and nothing is written at all where there is no room for all files.
   */
  readonly allocate?: 'sparse' | 'full';
  /** Existing files may be replaced. Otherwise an existing file is an error, and is left alone. */
  readonly force?: boolean;
  /** Nothing in `folder` is created or changed, not even a lock. */
  readonly readOnly?: boolean;
  /**
   * The numbers of the files, from 0, that are to be on disk; all files if absent. `download` sets it from its
   * `select`.
   */
  readonly wanted?: (file: number) => boolean;
}

/**
 * Does the piece have the hash that its torrent promises? Answers synchronously, or by an Observable. `digest` is that
 * of `Env.hasher`, if it was computed while the piece arrived: SHA-1, or in version 2 SHA-256 of each block; of a
 * hybrid both, one after the other. Errors with an `InputError` where the versions of a hybrid do not agree.
 */
export type Verify = (piece: {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly digest?: Uint8Array | undefined;
}) => boolean | Observable<boolean>;

/** What a torrent is made of: a file, or a folder of files. */
export interface Content {
  readonly name: string;
  readonly layout: 'file' | 'folder';
  /** Sorted by their paths, byte for byte. Names are text, outermost first. */
  readonly files: readonly FileEntry[];
  /** The files that were left out, in words for the user. */
  readonly skipped: readonly string[];
  /**
   * Emits the hashes of each piece when they are ready, with `files` (those above in any order, padding among them) cut
   * at every `pieceLength` bytes. Completes only if no file has changed since it was found. Errors with a
   * `StorageError`.
   */
  digests(files: readonly FileEntry[], pieceLength: number, version?: TorrentVersion): Observable<PieceDigest>;
}

/** Which hashes a torrent has: SHA-1 of pieces, trees of SHA-256 (BEP 52), or both. */
export type TorrentVersion = 'v1' | 'v2' | 'hybrid';

export interface PieceDigest {
  readonly index: number;
  /** 20 bytes; none in version 2 only. */
  readonly digest: Uint8Array;
  /** SHA-256 of each block of 16 KiB that is no padding, one after the other; not in version 1. */
  readonly blocks?: Uint8Array | undefined;
}

export interface ContentOptions {
  /** How symbolic links in the folder are treated: an error, left out, or followed. Default `refuse`. */
  readonly links?: 'refuse' | 'skip' | 'follow';
  /** Absolute path of a file that is left out: the .torrent that is about to be written. */
  readonly except?: string;
}
