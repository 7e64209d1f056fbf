import { MAX_PATHS } from '../../contracts/json/jsonOf.ts';
import type { ToldAs } from '../../contracts/json/told.ts';
import type { FileProgress } from '../../download/running/readModel.ts';
import { SAMPLE_EVERY } from './sampled.ts';

/**
 * What is told of the files of one torrent: those of which more, or less, is stored than was told before, at most once
 * a second. A torrent of one file has nothing to tell that its progress does not. Depends on the times it is given.
 */
export class FilesTold {
  /** What was told of each, by its number from 0. */
  readonly #told = new Map<number, FileProgress>();
  #at = Number.NEGATIVE_INFINITY;

  /** What is to be told at `now`; as much as one object holds. */
  due(files: () => readonly FileProgress[], now: number): readonly ToldAs<'files'>[] {
    if (now - this.#at < SAMPLE_EVERY) return [];
    this.#at = now;
    return this.#news(files(), MAX_PATHS);
  }

  /** All that has not been told yet. */
  rest(files: readonly FileProgress[]): readonly ToldAs<'files'>[] {
    return this.#news(files, Infinity);
  }

  #news(all: readonly FileProgress[], most: number): readonly ToldAs<'files'>[] {
    const news: ToldAs<'files'>['files'][number][] = [];
    for (const [at, file] of all.entries()) {
      if (all.length < 2 || news.length >= most) break;
      const { wanted, stored, path, length } = file;
      const told = this.#told.get(file.file);
      if (told === undefined ? !wanted && stored === 0 : told.stored === stored && told.wanted === wanted) continue;
      this.#told.set(file.file, file);
      news.push({ number: at + 1, path, length, stored, wanted });
    }
    const count = Math.ceil(news.length / MAX_PATHS);
    return Array.from({ length: count }, (_, nth) => ({
      type: 'files',
      files: news.slice(nth * MAX_PATHS, (nth + 1) * MAX_PATHS),
    }));
  }
}
