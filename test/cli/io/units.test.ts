import { describe, expect, it } from 'vitest';
import { bytes, bytesOf, counted, duration, percent, ranges, roughly } from '../../../src/cli/io/units.ts';

const MiB = 2 ** 20;

describe('units', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '0.98 KiB'],
    [1024, '1.00 KiB'],
    [1536, '1.50 KiB'],
    [10 * 1024, '10.0 KiB'],
    [64 * MiB, '64.0 MiB'],
    [1023 * MiB, '1.00 GiB'],
    [5e15, '4.44 PiB'],
    [Number.NaN, '?'],
  ])('%s bytes are %s', (count, text) => expect(bytes(count)).toBe(text));

  it.each([
    [0, '0 s'],
    [0.4, '0.4 s'],
    [5, '5 s'],
    [59.7, '1 min'],
    [61, '1 min 1 s'],
    [3600, '1 h'],
    [3661, '1 h 1 min'],
    [90_000, '1 d 1 h'],
    [86_405, '1 d'],
    [1e12, 'more than 1000 d'],
    [Number.POSITIVE_INFINITY, '?'],
  ])('%s seconds are %s', (count, text) => expect(duration(count)).toBe(text));

  it('never says 100 % too early', () => {
    expect(percent(99_999, 100_000)).toBe('99.9 %');
    expect(percent(100_000, 100_000)).toBe('100 %');
    expect(percent(0, 0)).toBe('100 %');
  });

  it('says a unit once where it is the same', () => {
    expect([bytesOf(42.4 * MiB, 64 * MiB), bytesOf(512 * 1024, 64 * MiB), bytesOf(0, 64 * MiB), bytesOf(3, 9)]).toEqual(
      ['42.4 of 64.0 MiB', '512 KiB of 64.0 MiB', '0 B of 64.0 MiB', '3 of 9 B'],
    );
  });

  it('says times in six columns, roughly', () => {
    expect([0.4, 59, 215, 86_399, 90_000, 998 * 86_400, 1e9, Infinity].map(roughly)).toEqual([
      '0.4 s',
      '59 s',
      '3 min',
      '23 h',
      '1 d',
      '998 d',
      '999+ d',
      '999+ d',
    ]);
  });

  it('counts and lists', () => {
    expect([counted(0, 'peer'), counted(1, 'peer'), counted(2, 'peer')]).toEqual(['0 peers', '1 peer', '2 peers']);
    expect(ranges([7, 1, 2, 3, 9, 10])).toEqual(['1–3', '7', '9–10']);
    expect(ranges([])).toEqual([]);
  });
});
