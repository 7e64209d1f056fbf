import { describe, expect, it } from 'vitest';
import { seeded } from '../../marbles/random.ts';
import { Availability } from '../../src/torrent/picker/availability.ts';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import { Geometry } from '../../src/torrent/geometry.ts';
import { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { rarestFirst } from '../../src/torrent/picker/pieceOrder.ts';
import { extentOf, WantedPieces } from '../../src/torrent/picker/wantedPieces.ts';

describe('extents', () => {
  const taken = (seed: number, extent: number, pieces = 64): number[] => {
    const have = new Bitfield(pieces);
    have.setAll();
    const wanted = new WantedPieces(pieces, new Availability<object>(pieces), rarestFirst, seeded(seed), extent);
    return Array.from({ length: pieces }, () => {
      const piece = wanted.best(have, have) as number;
      wanted.begin(piece);
      return piece;
    });
  };

  it('keeps together the pieces of one, and takes them in any order', () => {
    const firsts = new Set<number>();
    for (let seed = 0; seed < 200; seed++) {
      const order = taken(seed, 8, 60);
      const [whole, last] = [order.filter((piece) => piece < 56), order.filter((piece) => piece >= 56)];
      for (let at = 0; at < whole.length; at += 8) {
        const first = whole[at] as number;
        expect(first % 8).toBe(0);
        expect(whole.slice(at, at + 8)).toEqual(Array.from({ length: 8 }, (_, n) => first + n));
      }
      expect(last).toEqual([56, 57, 58, 59]);
      firsts.add(order[0] as number);
    }
    expect([...firsts].sort((a, b) => a - b)).toEqual([0, 8, 16, 24, 32, 40, 48, 56]);
  });

  it('still asks for what is rarer first', () => {
    const availability = new Availability<object>(64);
    const all = new Bitfield(64);
    all.setAll();
    const most = new Bitfield(64);
    for (let piece = 0; piece < 64; piece++) if (piece !== 5 && piece !== 33) most.set(piece);
    availability.told({}, most);
    const wanted = new WantedPieces(64, availability, rarestFirst, seeded(1), 8);
    const first = [0, 1].map(() => {
      const piece = wanted.best(all, all) as number;
      wanted.begin(piece);
      return piece;
    });
    expect(first.sort((a, b) => a - b)).toEqual([5, 33]);
  });

  it('are of 4 MiB, but at most a 256th of the torrent, and at least one piece', () => {
    const KiB = 1024;
    const of = (length: number, pieceLength: number): number => extentOf({ length, pieceLength });
    expect(of(2 ** 40, 256 * KiB)).toBe(16);
    expect(of(2 ** 30, 16 * KiB)).toBe(256);
    expect(of(2 ** 30, 2 ** 20)).toBe(4);
    expect(of(2 ** 28, 2 ** 18)).toBe(4);
    expect(of(2 ** 30, 2 ** 24)).toBe(1);
    expect(of(2 ** 26, 32 * KiB)).toBe(8);
    expect(of(2 ** 22, 16 * KiB)).toBe(1);
    expect(of(1, 16 * KiB)).toBe(1);
  });

  it('are what a picker begins', () => {
    const geometry = new Geometry({ length: 2 ** 30, pieceLength: 2 ** 18 });
    const picker = new PiecePicker(geometry, { random: seeded(1) });
    const have = new Bitfield(geometry.pieceCount);
    have.setAll();
    const blocks = picker.next({ cancel: () => {} }, have, have, 512, true);
    const begun = [...new Set(blocks.map(({ piece }) => piece))];
    const one = Array.from({ length: 16 }, (_, piece) => piece);
    expect(begun.map((piece) => piece % 16)).toEqual([...one, ...one]);
    expect(Math.abs((begun[16] as number) - (begun[0] as number))).toBeGreaterThan(16);
  });
});
