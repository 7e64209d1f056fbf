import { describe, expect, it } from 'vitest';
import { columns } from '../../../src/cli/io/text.ts';
import { filesLine, filesLines } from '../../../src/cli/views/files.ts';
import type { FileProgress } from '../../../src/download/running/readModel.ts';

const file = (number: number, stored: number, wanted = true): FileProgress => ({
  ...{ file: number, path: `/d/show/e${number}.mkv`, length: 100, stored, wanted },
});
const show = [file(0, 100), file(1, 50), file(2, 0), file(3, 99), file(4, 40, false)];

describe('the files of a torrent as they come', () => {
  it('those that have been begun have a line, by their numbers', () => {
    expect(filesLines(show, 60, 20)).toEqual([
      '1 of 4 files complete',
      '50.0 %  2 e1.mkv  50 of 100 B',
      '99.0 %  4 e3.mkv  99 of 100 B',
    ]);
  });

  it('of one wanted file there is nothing to say', () => {
    expect([filesLine([file(0, 1), file(1, 1, false)]), filesLines([file(0, 1)], 60, 20)]).toEqual([undefined, []]);
  });

  it('at most as many as there is room for, and never more than six', () => {
    const many = Array.from({ length: 40 }, (_, number) => file(number, 1));
    expect(filesLines(many, 60, 20).length).toBe(7);
    expect(filesLines(many, 60, 20).at(-1)).toBe('… and 35 more');
    for (let height = 0; height < 9; height++) expect(filesLines(many, 60, height).length).toBeLessThanOrEqual(height);
  });

  it.each([10, 20, 30, 50])('no line is wider than %i columns, nor says what a terminal obeys', (width) => {
    const bad = show.map((file) => ({ ...file, path: `/d/\x1b[2J${'long '.repeat(20)}` }));
    for (const line of filesLines(bad, width, 20)) {
      expect(columns(line)).toBeLessThanOrEqual(width);
      expect(line).not.toContain('\x1b');
    }
  });
});
