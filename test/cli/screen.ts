import { clearLine, cursorTo, moveCursor } from 'node:readline';
import { Writable } from 'node:stream';

interface Row {
  text: string;
  /** Goes on in the next row. */
  wrapped: boolean;
}

/**
 * A terminal as far as a spinner needs one: what is written moves the cursor, and long lines are broken anew when it
 * becomes narrower.
 */
export class Screen extends Writable {
  readonly isTTY = true;
  columns: number;
  rows: number;
  #lines: Row[] = [{ text: '', wrapped: false }];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.rows = rows;
  }

  override _write(chunk: string, _: string, done: () => void): void {
    for (const [part, code, kind] of chunk.matchAll(/\x1b\[\??([\d;]*)([A-Za-z])|[^]/gu)) {
      if (kind === undefined) this.#put(part);
      else this.#act(kind, Number(code || (kind === 'K' || kind === 'J' ? 0 : 1)));
    }
    done();
  }

  readonly cursorTo = (x: number): boolean => cursorTo(this, x);
  readonly moveCursor = (x: number, y: number): boolean => moveCursor(this, x, y);
  readonly clearLine = (direction: -1 | 0 | 1): boolean => clearLine(this, direction);

  /** What can be read, without what is blank at the end. */
  get text(): readonly string[] {
    const all = this.#lines.map(({ text }) => text.trimEnd());
    return all.slice(0, all.findLastIndex((line) => line !== '') + 1);
  }

  resize(columns: number, rows = this.rows): void {
    const at = this.#lines.slice(0, this.#row).findLastIndex(({ wrapped }) => !wrapped) + 1;
    const offset = this.#lines.slice(at, this.#row).reduce((sum, { text }) => sum + text.length, this.#column);
    const whole: { text: string; cursor: boolean }[] = [];
    for (const [index, { text }] of this.#lines.entries()) {
      if (this.#lines[index - 1]?.wrapped) (whole.at(-1) as (typeof whole)[0]).text += text;
      else whole.push({ text, cursor: index === at });
    }
    this.#lines = [];
    for (const { text, cursor } of whole) {
      if (cursor) [this.#row, this.#column] = [this.#lines.length + Math.floor(offset / columns), offset % columns];
      for (let from = 0; from === 0 || from < text.length; from += columns)
        this.#lines.push({ text: text.slice(from, from + columns), wrapped: from + columns < text.length });
    }
    this.columns = columns;
    this.rows = rows;
    this.emit('resize');
  }

  get #current(): Row {
    while (this.#lines.length <= this.#row) this.#lines.push({ text: '', wrapped: false });
    return this.#lines[this.#row] as Row;
  }

  #put(character: string): void {
    if (character === '\n') [this.#row, this.#column] = [this.#row + 1, 0];
    else if (character === '\r') this.#column = 0;
    else {
      if (this.#column === this.columns) {
        this.#current.wrapped = true;
        [this.#row, this.#column] = [this.#row + 1, 0];
      }
      const { text } = this.#current;
      this.#current.text = text.slice(0, this.#column).padEnd(this.#column) + character + text.slice(this.#column + 1);
      this.#column++;
    }
  }

  #act(kind: string, count: number): void {
    if (kind === 'A') this.#row = Math.max(0, this.#row - count);
    if (kind === 'B') this.#row += count;
    if (kind === 'G') this.#column = count - 1;
    if (kind !== 'K' && kind !== 'J') return;
    const row = this.#current;
    row.text = row.text.slice(0, count === 2 ? 0 : this.#column);
    row.wrapped = false;
    if (kind === 'J') this.#lines.length = this.#row + 1;
  }
}
