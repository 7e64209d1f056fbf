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

/** Notes of other torrents about one place that are looked at. */
const MAX_OTHERS = 16;
/** Hexadecimal digits of the info-hash in the name of a note beside the data. */
const MARK = 8;

export interface NotesPlace {
  readonly folder: string;
  /** The one name in `folder` that all of the torrent is, or is in. */
  readonly name: string;
  readonly infoHash: Uint8Array;
  /** Where notes of complete torrents are; none are kept if undefined. */
  readonly state: string | undefined;
  /** Nothing may be written beside the data. */
  readonly readOnly: boolean;
  /** Is something kept beside the data that only the note makes sense of? */
  readonly apart: () => boolean;
}

/**
 * The notes about one place on disk. While a torrent is incomplete its note stands beside the data, where it goes along
 * when the disk is carried elsewhere; when it is complete nothing hidden stays there, and what spares the next seed
 * from hashing everything is kept in the user's state folder, by place and info-hash. The newer of both counts.
 */
export class ResumeNotes implements ResumeStore {
  readonly boot = bootId();
  readonly #place: NotesPlace;
  readonly #guard: Guard;
  readonly #beside: ResumeFile;
  readonly #away: ResumeFile | undefined;

  constructor(place: NotesPlace, guard: Guard) {
    const { folder, name, infoHash, state } = place;
    const hash = Buffer.from(infoHash).toString('hex');
    this.#place = place;
    this.#guard = guard;
    this.#beside = new ResumeFile(path.join(folder, besideName(name, hash.slice(0, MARK))), guard);
    if (state === undefined) return;
    const of = path.join(state, 'resume', createHash('sha1').update(path.join(folder, name)).digest('hex'));
    this.#away = new ResumeFile(path.join(of, hash), {
      ...guard,
      ready: (done) => keepFew(path.dirname(of), of, done),
      // It has been used, and the longest unused go.
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

/** Where the note of an incomplete torrent stands beside what is called `name`. */
export const besideName = (name: string, mark: string): string => hiddenName(name, `${mark}.rxtorrent`);

const newer = (a: FoundNote | undefined, b: FoundNote | undefined): FoundNote | undefined =>
  a && b ? (b.mtime > a.mtime ? b : a) : (a ?? b);

const listed = (folder: string, matches: (entry: string) => boolean, done: (paths: readonly string[]) => void): void =>
  fs.readdir(folder, (error, entries) =>
    done(error ? [] : entries.filter(matches).map((entry) => path.join(folder, entry))),
  );
