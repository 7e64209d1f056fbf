import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { concat, EMPTY, map, type Observable } from 'rxjs';
import type { ResumeStore } from '../../contracts/storage.ts';
import { bootId } from './boot.ts';
import { each } from '../files/each.ts';
import { hiddenName } from '../names/hiddenName.ts';
import { type FoundNote, type Guard, loadNote, ResumeFile } from './resumeFile.ts';
import { keepFew } from './stateNotes.ts';

/** Maximum number of notes of other torrents about one place that are read. */
const MAX_OTHERS = 16;
/** Hexadecimal digits of the info-hash in the name of a note beside the data. */
const MARK = 8;

export interface NotesPlace {
  readonly folder: string;
  /** The folder where it is once it is complete. */
  readonly lasting: string;
  /** The name in `folder` of the torrent's single file, or of its folder. */
  readonly name: string;
  readonly infoHash: Uint8Array;
  /** The folder for notes of complete torrents; none are kept if it is undefined. */
  readonly state: string | undefined;
  /** Nothing may be written beside the data. */
  readonly readOnly: boolean;
  /** Is there a part file beside the data, which only the note explains? */
  readonly apart: () => boolean;
}

/**
 * The notes about one place on disk. While a torrent is incomplete its note is beside the data, so that it moves with
 * the disk. When it is complete no hidden file stays there: the note that saves the next seed from hashing everything
 * is in the user's state folder, by place and info-hash. The newer of both counts.
 */
export class ResumeNotes implements ResumeStore {
  readonly boot = bootId();
  readonly #place: NotesPlace;
  readonly #guard: Guard;
  readonly #beside: ResumeFile;
  readonly #away: ResumeFile | undefined;

  constructor(place: NotesPlace, guard: Guard) {
    const { folder, lasting, name, infoHash, state } = place;
    const hash = Buffer.from(infoHash).toString('hex');
    this.#place = place;
    this.#guard = guard;
    this.#beside = new ResumeFile(path.join(folder, besideName(name, hash.slice(0, MARK))), guard);
    if (state === undefined) return;
    const of = path.join(state, 'resume', createHash('sha1').update(path.join(lasting, name)).digest('hex'));
    this.#away = new ResumeFile(path.join(of, hash), {
      ...guard,
      // What is only seeded need not be written down again: it is there all the same.
      fleeting: place.readOnly,
      ready: (done) => keepFew(path.dirname(of), of, done),
      // The note has been used: the longest unused ones are deleted first.
      unchanged: (done) => fs.utimes(of, new Date(), new Date(), () => done()),
    });
  }

  load(): Observable<Uint8Array | undefined> {
    return this.#looking<Uint8Array | undefined>((done) =>
      loadNote(this.#beside.path, (beside) => {
        if (!this.#away) return done(beside?.bytes);
        loadNote(this.#away.path, (away) => {
          if (away) this.#away?.found(away.bytes);
          done(newer(beside, away)?.bytes);
        });
      }),
    );
  }

  others(): Observable<readonly Uint8Array[]> {
    return this.#looking<readonly Uint8Array[]>((done) =>
      this.#otherPaths((paths) => {
        const found: Uint8Array[] = [];
        const look = (n: number, next: (error: null) => void): void =>
          loadNote(paths[n] as string, (note) => {
            if (note) found.push(note.bytes);
            next(null);
          });
        each(paths.length, 1, look, () => done(found));
      }),
    );
  }

  save(note: Uint8Array, complete = false): Observable<never> {
    const { readOnly, apart } = this.#place;
    const settled = complete && !apart();
    if (!readOnly && !settled) return this.#beside.save(note);
    return concat(this.#away?.save(note) ?? EMPTY, readOnly ? EMPTY : this.#beside.remove());
  }

  /** The value is wrapped, since an operation whose value is undefined completes without one. */
  #looking<T>(look: (done: (value: T) => void) => void): Observable<T> {
    return this.#guard
      .operation<{ readonly value: T }>((done) => look((value) => done(null, { value })))
      .pipe(map(({ value }) => value));
  }

  #otherPaths(done: (paths: readonly string[]) => void): void {
    const { folder, name } = this.#place;
    const end = '.rxtorrent';
    const start = besideName(name, '').slice(0, -end.length);
    const besides = (entry: string): boolean =>
      entry.startsWith(start) && entry.endsWith(end) && entry.length === start.length + MARK + end.length;
    listed(folder, besides, (beside) => {
      const near = beside.filter((file) => file !== this.#beside.path);
      if (!this.#away) return done(near.slice(0, MAX_OTHERS));
      listed(
        path.dirname(this.#away.path),
        (entry) => /^[0-9a-f]{40}$/.test(entry),
        (away) => done([...near, ...away.filter((file) => file !== this.#away?.path)].slice(0, MAX_OTHERS)),
      );
    });
  }
}

/** The name of an incomplete torrent's note beside the data called `name`. */
export const besideName = (name: string, mark: string): string => hiddenName(name, `${mark}.rxtorrent`);

const newer = (a: FoundNote | undefined, b: FoundNote | undefined): FoundNote | undefined =>
  a && b ? (b.mtime > a.mtime ? b : a) : (a ?? b);

const listed = (folder: string, matches: (entry: string) => boolean, done: (paths: readonly string[]) => void): void =>
  fs.readdir(folder, (error, entries) =>
    done(error ? [] : entries.filter(matches).map((entry) => path.join(folder, entry))),
  );
