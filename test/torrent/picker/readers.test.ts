import { describe, expect, it } from 'vitest';
import { Bitfield } from '../../../src/torrent/bitfield.ts';
import { Readers } from '../../../src/torrent/picker/readers.ts';

const MiB = 2 ** 20;
const bits = (text: string): Bitfield => Bitfield.where(text.length, (index) => text[index] === '*');

describe('readers', () => {
  it('need what comes next, and soon, and nothing behind their last piece', () => {
    const readers = new Readers(MiB, undefined, () => {});
    const [all, missing] = [bits('************'), bits('**·**·······')];
    expect(readers.of(missing, all)).toBeUndefined();
    const reader = { at: 2, last: 3 };
    readers.add(reader);
    expect([readers.of(missing, all), readers.of(missing, bits('····*·······'))]).toEqual([3, undefined]);
    const begun = new Map([1, 2, 3, 4].map((index) => [index, index] as const));
    expect([...readers.soon(begun)]).toEqual([2, 3]);
    readers.add({ at: 0, last: 11 });
    expect(readers.of(bits('·······*····'), all)).toBeUndefined();
    expect([readers.awaits(2, false), readers.awaits(3, false), readers.awaits(0, false)]).toEqual([true, false, true]);
    readers.delete(reader);
    expect(readers.awaits(2, false)).toBe(false);
    readers.check(12, (index) => index < 2);
  });

  it('take turns: the next piece of each comes before what follows it', () => {
    const readers = new Readers(MiB, undefined, () => {});
    readers.add({ at: 0, last: 2 });
    readers.add({ at: 10, last: 11 });
    expect([...readers.needed()]).toEqual([0, 10, 1, 11, 2]);
    expect([readers.of(bits('·*·········*'), bits('************')), readers.jumps]).toEqual([1, 2]);
  });

  it('say so when one is behind its last piece', () => {
    const readers = new Readers(MiB, undefined, () => {});
    readers.add({ at: 4, last: 3 });
    expect(() => readers.check(12, () => false)).toThrow('a reader at 4 of 3');
  });
});
