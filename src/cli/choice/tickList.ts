import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { spansOf } from '../../torrent/metainfo/fileNumbers.ts';
import type { Span } from '../../torrent/metainfo/selection.ts';
import { fit, visible } from '../io/text.ts';
import { bytes, counted } from '../io/units.ts';

/** Lines of files shown at once, however high the terminal is. */
const MOST_ROWS = 100;
/** Lines of the terminal that are not for files: title, sum, error, cursor. */
const OTHER_ROWS = 4;

interface Row {
  /** The index in `torrent.files`. */
  readonly place: number;
  readonly length: number;
  readonly path: readonly string[];
}

/**
 * Files of a torrent, each ticked or not, one of them under the cursor. Invariant: `#count` and `#sum` are the number
 * and the total length of the ticked files.
 */
export class TickList {
  readonly #rows: readonly Row[];
  readonly #ticked: Uint8Array;
  readonly #name: string;
  #count = 0;
  #sum = 0;
  #cursor = 0;
  #top = 0;

  /** Ticks the files for whose indices in `torrent.files` `isTicked` returns true. Padding is left out. */
  constructor({ name, files }: Pick<Torrent, 'name' | 'files'>, isTicked: (place: number) => boolean) {
    this.#name = visible(name);
    this.#rows = files.flatMap(({ length, path, padding }, place) => (padding ? [] : [{ place, length, path }]));
    this.#ticked = new Uint8Array(this.#rows.length);
    this.#set(({ place }) => isTicked(place));
  }

  get empty(): boolean {
    return this.#count === 0;
  }

  /** The ticked files, as indices in `torrent.files`; undefined if all are ticked. */
  get selection(): readonly Span[] | undefined {
    if (this.#count === this.#rows.length) return undefined;
    return spansOf(this.#rows.filter((_, at) => this.#ticked[at] === 1).map(({ place }) => place));
  }

  /** Handles a key; `page` is the number of visible files. */
  press(key: string, page: number): void {
    const last = this.#rows.length - 1;
    const steps: Readonly<Record<string, number>> = {
      up: -1,
      k: -1,
      down: 1,
      j: 1,
      pageup: -page,
      pagedown: page,
      home: -last,
      end: last,
    };
    if (key === 'space') this.#put(this.#cursor, 1 - (this.#ticked[this.#cursor] ?? 0));
    else if (key === 'a') this.#set(this.#count === this.#rows.length ? () => false : () => true);
    else if (key === 'i') this.#set((_, ticked) => !ticked);
    else this.#cursor = Math.max(0, Math.min(last, this.#cursor + (Object.hasOwn(steps, key) ? (steps[key] ?? 0) : 0)));
  }

  /** `3 of 5 files, 1.2 GiB`. */
  get said(): string {
    return `${this.#count} of ${counted(this.#rows.length, 'file')}, ${bytes(this.#sum)}`;
  }

  get title(): string {
    return this.#name;
  }

  /** The lines to draw; none is wider than `width`. */
  lines(width: number, height: number): readonly string[] {
    const page = pageOf(height);
    this.#top = Math.max(Math.min(this.#top, this.#cursor), this.#cursor - page + 1);
    const digits = String(this.#rows.length).length;
    const shown = this.#rows.slice(this.#top, this.#top + page).map(({ length, path }, n) => {
      const at = this.#top + n;
      const mark = `${at === this.#cursor ? '>' : ' '} [${this.#ticked[at] === 1 ? 'x' : ' '}]`;
      return fit(
        `${mark} ${String(at + 1).padStart(digits)}  ${bytes(length).padStart(8)}  ${visible(path.join('/'))}`,
        width,
      );
    });
    const more = this.#rows.length > page ? `, ${this.#top + 1}–${this.#top + shown.length} of them here` : '';
    return [
      fit(`${this.#name}: space ticks, a all, i all others, enter goes on`, width),
      ...shown,
      fit(`${this.said}${more}`, width),
    ];
  }

  #put(at: number, ticked: number): void {
    const row = this.#rows[at];
    if (row === undefined || this.#ticked[at] === ticked) return;
    this.#ticked[at] = ticked;
    this.#count += ticked === 1 ? 1 : -1;
    this.#sum += ticked === 1 ? row.length : -row.length;
  }

  #set(is: (row: Row, ticked: boolean) => boolean): void {
    this.#rows.forEach((row, at) => this.#put(at, is(row, this.#ticked[at] === 1) ? 1 : 0));
  }

  check(): void {
    const ticked = this.#rows.filter((_, at) => this.#ticked[at] === 1);
    const sum = ticked.reduce((all, { length }) => all + length, 0);
    if (ticked.length !== this.#count || sum !== this.#sum)
      throw new RangeError(`${ticked.length} files of ${sum} bytes are ticked, not ${this.#count} of ${this.#sum}`);
    if (this.#cursor < 0 || this.#cursor >= Math.max(1, this.#rows.length))
      throw new RangeError(`the cursor is at file ${this.#cursor}`);
  }
}

/** Files that are seen on a terminal of so many lines. */
export const pageOf = (height: number): number => Math.min(MOST_ROWS, Math.max(1, height - OTHER_ROWS));
