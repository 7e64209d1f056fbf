import { describe, expect, it } from 'vitest';
import { FilesTold } from '../../../src/cli/json/filesTold.ts';
import { MAX_PATHS } from '../../../src/contracts/json/jsonOf.ts';
import type { FileProgress } from '../../../src/download/running/readModel.ts';

const file = (number: number, stored: number, wanted = true): FileProgress => ({
  ...{ file: number, path: `/d/${number}`, length: 100, stored, wanted },
});
const numbers = (told: ReturnType<FilesTold['rest']>): readonly (readonly number[])[] =>
  told.map(({ files }) => files.map(({ number }) => number));

describe('what is told of files', () => {
  it('is told of those that are wanted, then of those that have changed', () => {
    const told = new FilesTold();
    expect(told.due(() => [file(0, 0), file(1, 0, false), file(3, 7, false)], 0)).toEqual([
      {
        type: 'files',
        files: [
          { number: 1, path: '/d/0', length: 100, stored: 0, wanted: true },
          { number: 3, path: '/d/3', length: 100, stored: 7, wanted: false },
        ],
      },
    ]);
    expect(told.due(() => [file(0, 0), file(1, 0, false), file(3, 7, false)], 1000)).toEqual([]);
    expect(numbers(told.due(() => [file(0, 0), file(1, 0), file(3, 9, false)], 2000))).toEqual([[2, 3]]);
  });

  it('is told once a second: files are not even looked at in between; the rest when it is over', () => {
    const told = new FilesTold();
    let looked = 0;
    const look = (stored: number) => () => {
      looked++;
      return [file(0, stored), file(1, 0)];
    };
    const all = [0, 10, 500, 999].map((now) => numbers(told.due(look(now), now)));
    expect([all, looked]).toEqual([[[[1, 2]], [], [], []], 1]);
    expect(numbers(told.rest(look(999)()))).toEqual([[1]]);
    expect(told.rest(look(999)())).toEqual([]);
  });

  it('is nothing of a torrent of one file', () => {
    expect(new FilesTold().due(() => [file(0, 0)], 0)).toEqual([]);
  });

  it('is at most as much as one object holds at a time, and all of it in the end', () => {
    const told = new FilesTold();
    const all = Array.from({ length: 2 * MAX_PATHS + 5 }, (_, number) => file(number, 1));
    expect(told.due(() => all, 0).map(({ files }) => files.length)).toEqual([MAX_PATHS]);
    expect(told.rest(all).map(({ files }) => [files.length, files[0]?.number])).toEqual([
      [MAX_PATHS, MAX_PATHS + 1],
      [5, 2 * MAX_PATHS + 1],
    ]);
  });
});
