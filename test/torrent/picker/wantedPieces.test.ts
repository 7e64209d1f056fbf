import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { seeded } from '../../../marbles/random.ts';
import { Availability } from '../../../src/torrent/picker/availability.ts';
import { Bitfield } from '../../../src/torrent/bitfield.ts';
import { LazySort } from '../../../src/torrent/picker/lazySort.ts';
import { inOrder, type PieceOrder, rarestFirst } from '../../../src/torrent/picker/pieceOrder.ts';
import { WantedPieces } from '../../../src/torrent/picker/wantedPieces.ts';

const fieldOf = (length: number, pieces: Iterable<number>): Bitfield => {
  const field = new Bitfield(length);
  for (const piece of pieces) field.set(piece);
  return field;
};

describe('LazySort', () => {
  it('has each in its place, whoever asks for which first', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { maxLength: 200 }),
        fc.array(fc.nat(199), { maxLength: 20 }),
        (items, places) => {
          const sorted = [...items].sort((a, b) => a - b);
          const lazy = new LazySort(Uint32Array.from(items), (a, b) => a - b);
          for (const place of places) {
            if (place < items.length) expect(lazy.at(place)).toBe(sorted[place]);
            lazy.check();
          }
          expect(sorted.map((_, place) => lazy.at(place))).toEqual(sorted);
        },
      ),
    );
  });

  it('looks at few to tell the first of many', () => {
    let compared = 0;
    const random = seeded(3);
    const items = Uint32Array.from({ length: 50_000 }, () => random() * 2 ** 32);
    const lazy = new LazySort(items.slice(), (a, b) => {
      compared++;
      return a - b;
    });
    expect(lazy.at(0)).toBe(Math.min(...items));
    expect(compared).toBeLessThan(5 * items.length);
  });

  it('comes to an end with an order that contradicts itself', () => {
    const lazy = new LazySort(
      Uint32Array.from({ length: 300 }, (_, n) => n),
      () => -1,
    );
    expect(new Set(Array.from({ length: 300 }, (_, place) => lazy.at(place))).size).toBe(300);
  });
});

describe('Availability', () => {
  it('counts who has what, seeds and all, whatever they tell', () => {
    const told = fc.record({
      who: fc.nat(4),
      event: fc.constantFrom('told', 'gained', 'left'),
      pieces: fc.array(fc.nat(8), { minLength: 1, maxLength: 9 }),
    });
    fc.assert(
      fc.property(fc.array(told, { maxLength: 60 }), (events) => {
        const availability = new Availability<number>(9);
        const has = new Map<number, Set<number>>();
        for (const { who, event, pieces } of events) {
          const before = availability.version;
          if (event === 'told') {
            availability.told(who, fieldOf(9, pieces));
            has.set(who, new Set(pieces));
          } else if (event === 'gained') {
            const piece = pieces[0] as number;
            availability.gained(who, piece);
            has.set(who, (has.get(who) ?? new Set<number>()).add(piece));
          } else {
            availability.left(who);
            has.delete(who);
          }
          availability.check();
          const counts = Array.from(
            { length: 9 },
            (_, piece) => [...has.values()].filter((pieces) => pieces.has(piece)).length,
          );
          expect(counts.map((_, piece) => availability.of(piece))).toEqual(counts);
          expect(availability.version).toBeGreaterThanOrEqual(before);
        }
      }),
    );
  });
});

/** Always the best of those that are missing and had, found by looking at all. */
const plainly = (missing: Bitfield, have: Bitfield, availability: Availability<object>): number[] => {
  const candidates = Array.from({ length: missing.length }, (_, piece) => piece).filter(
    (piece) => missing.has(piece) && have.has(piece),
  );
  const rarest = Math.min(...candidates.map((piece) => availability.of(piece)));
  return candidates.filter((piece) => availability.of(piece) === rarest);
};

describe('WantedPieces', () => {
  it('gives the rarest of few pieces after each change, and something whenever there is something', () => {
    const move = fc.record({
      type: fc.constantFrom('gained', 'gained', 'lost', 'best', 'best', 'give back', 'stored'),
      who: fc.nat(3),
      piece: fc.nat(19),
    });
    fc.assert(
      fc.property(fc.nat(), fc.array(move, { maxLength: 150 }), (seed, moves) => {
        const availability = new Availability<object>(20);
        const wanted = new WantedPieces(20, availability, rarestFirst, seeded(seed));
        const peers = Array.from({ length: 4 }, () => ({ have: new Bitfield(20) }));
        const begun = new Set<number>();
        for (const { type, who, piece } of moves) {
          const peer = peers[who] as (typeof peers)[number];
          if (type === 'gained' && peer.have.set(piece)) availability.gained(peer, piece);
          else if (type === 'lost') {
            peer.have.clear(piece);
            availability.told(peer, peer.have);
          } else if (type === 'give back' && begun.delete(piece)) wanted.giveBack(piece);
          else if (type === 'stored' && begun.delete(piece)) wanted.stored(piece);
          else if (type === 'best') {
            const candidates = plainly(wanted.missing, peer.have, availability);
            const best = wanted.best(peer, peer.have);
            if (candidates.length === 0) expect(best).toBeUndefined();
            else expect(peer.have.has(best as number) && wanted.missing.has(best as number)).toBe(true);
            if (best === undefined) continue;
            wanted.begin(best);
            begun.add(best);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('follows what becomes rare and what becomes common', () => {
    const availability = new Availability<object>(4);
    const wanted = new WantedPieces(4, availability, rarestFirst, seeded(1));
    const [who, others] = [{}, [{}, {}, {}]];
    const have = fieldOf(4, [0, 1, 2, 3]);
    others.forEach((other) => availability.told(other, fieldOf(4, [0, 1, 2])));
    expect(wanted.best(who, have)).toBe(3);
    for (let nth = 0; nth < 5; nth++) availability.told({}, fieldOf(4, [1, 2, 3]));
    expect(wanted.best(who, have)).toBe(0);
  });

  it('gives each of many pieces once, in order, to peers who take turns', () => {
    const pieces = 3000;
    const availability = new Availability<object>(pieces);
    const wanted = new WantedPieces(pieces, availability, inOrder, seeded(1));
    const peers = [0, 1, 2].map((rest) => ({
      have: fieldOf(
        pieces,
        Array.from({ length: pieces }, (_, n) => n).filter((n) => n % 3 !== rest),
      ),
    }));
    const given: number[][] = [[], [], []];
    for (let turn = 0; turn < 3 * pieces; turn++) {
      const peer = peers[turn % 3] as (typeof peers)[number];
      const best = wanted.best(peer, peer.have);
      if (best === undefined) continue;
      wanted.begin(best);
      given[turn % 3]?.push(best);
    }
    expect(wanted.missing.count).toBe(0);
    expect(new Set(given.flat()).size).toBe(pieces);
    for (const of of given) expect(of).toEqual([...of].sort((a, b) => a - b));
  });

  it('finds what a peer came to have that was passed over before, among thousands', () => {
    const availability = new Availability<object>(5000);
    const wanted = new WantedPieces(5000, availability, inOrder, seeded(1));
    const [who, have] = [{}, fieldOf(5000, [4000])];
    availability.told(who, have);
    expect(wanted.best(who, have)).toBe(4000);
    wanted.begin(4000);
    expect(wanted.best(who, have)).toBeUndefined();
    for (const piece of [10, 4500, 4000]) {
      have.set(piece);
      availability.gained(who, piece);
    }
    for (const piece of [10, 4500]) {
      expect(wanted.best(who, have)).toBe(piece);
      wanted.begin(piece);
    }
    expect(wanted.best(who, have)).toBeUndefined();
  });

  it('takes back what was begun, before all that comes after it', () => {
    const wanted = new WantedPieces(200, new Availability<object>(200), inOrder, seeded(1));
    const [who, have] = [{}, new Bitfield(200)];
    have.setAll();
    const take = (): number => {
      const best = wanted.best(who, have) as number;
      wanted.begin(best);
      return best;
    };
    const taken = Array.from({ length: 100 }, take);
    for (const piece of taken.slice(0, 80)) wanted.giveBack(piece);
    expect(Array.from({ length: 120 }, take)).toEqual(
      Array.from({ length: 180 }, (_, n) => (n < 80 ? n : n + 20)).slice(0, 120),
    );
  });

  it('lets an order of people look at what is stored, and does not make one anew that does not look', () => {
    const compared = (order: PieceOrder): readonly [given: number[], comparisons: number] => {
      let comparisons = 0;
      const wanted = new WantedPieces(
        1000,
        new Availability<object>(1000),
        (a, b) => ++comparisons && order(a, b),
        seeded(1),
      );
      const [who, have] = [{}, new Bitfield(1000)];
      have.setAll();
      const given = Array.from({ length: 30 }, () => {
        const piece = wanted.best(who, have) as number;
        wanted.begin(piece);
        wanted.stored(piece);
        return piece;
      });
      return [given, comparisons];
    };
    const [upwards, few] = compared(inOrder);
    expect(upwards).toEqual(Array.from({ length: 30 }, (_, n) => n));
    const [turned, many] = compared((a, b) => (a.stored < 16 ? a.index - b.index : b.index - a.index));
    expect(turned).toEqual(Array.from({ length: 30 }, (_, n) => (n < 16 ? n : 1015 - n)));
    expect(few * 4).toBeLessThan(many);
  });

  it('makes one order of all that is begun from the front on', () => {
    const pieces = Uint32Array.from({ length: 1000 }, (_, piece) => piece);
    let [compared, plainly] = [0, 0];
    const lazy = new LazySort(pieces.slice(), (a, b) => ++plainly && a - b);
    const wanted = new WantedPieces(
      1000,
      new Availability<object>(1000),
      (a, b) => ++compared && inOrder(a, b),
      seeded(1),
    );
    const [who, have] = [{}, new Bitfield(1000)];
    have.setAll();
    for (const piece of pieces) {
      expect(wanted.best(who, have)).toBe(lazy.at(piece));
      wanted.begin(piece);
    }
    expect(compared).toBe(plainly);
  });

  it('compares what was given back as it is now, though the order is from before', () => {
    const availability = new Availability<object>(640);
    const wanted = new WantedPieces(640, availability, rarestFirst, seeded(1));
    const [who, have, others] = [{}, fieldOf(640, [0, 1]), [{}, {}]];
    for (const other of others) availability.told(other, fieldOf(640, [1]));
    expect(wanted.best(who, have)).toBe(0);
    wanted.begin(0);
    expect(wanted.best(who, have)).toBe(1);
    wanted.giveBack(0);
    expect(wanted.best(who, have)).toBe(0);
    for (const other of [...others, {}]) availability.gained(other, 0);
    expect(wanted.best(who, have)).toBe(1);
  });

  /**
   * Looks at what is missing until peers without the first `lacked` pieces, each of them new, have begun all that they
   * have.
   */
  const looksOf = (pieces: number, lacked: number): number => {
    const wanted = new WantedPieces(pieces, new Availability<object>(pieces), inOrder, seeded(1));
    const looks = vi.spyOn(wanted.missing, 'has');
    const have = new Bitfield(pieces);
    for (let piece = lacked; piece < pieces; piece++) have.set(piece);
    for (let piece = lacked; piece < pieces; piece++) {
      expect(wanted.best({}, have)).toBe(piece);
      wanted.begin(piece);
    }
    return looks.mock.calls.length;
  };

  it('looks once at what is begun at the front, whoever comes', () => {
    expect(looksOf(4096, 0)).toBeLessThanOrEqual(4 * 4096);
  });

  it('does not look for ever at what is begun behind a piece that nobody has', () => {
    expect(looksOf(4096, 1)).toBeLessThan(4096 * (4096 / 16));
  });
});
