import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../marbles/random.ts';
import { Availability } from '../../src/torrent/picker/availability.ts';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import { countingSort } from '../../src/torrent/picker/countingSort.ts';
import {
  byPriority,
  defaultOrder,
  firstBy,
  inOrder,
  type PieceOrder,
  preferring,
  RANDOM_FIRST,
  randomFirst,
  rarestFirst,
} from '../../src/torrent/picker/pieceOrder.ts';
import { WantedPieces } from '../../src/torrent/picker/wantedPieces.ts';

const PIECES = 24;
/** The same without its rank: so it is made by comparing. */
const inWords =
  (order: PieceOrder): PieceOrder =>
  (a, b) =>
    order(a, b);

const fieldOf = (pieces: Iterable<number>): Bitfield => {
  const field = new Bitfield(PIECES);
  for (const piece of pieces) field.set(piece);
  return field;
};
const everything = Array.from({ length: PIECES }, (_, piece) => piece);
const all = fieldOf(everything);

const piece = fc.nat(PIECES - 1);
const move = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('best' as const), who: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('store', 'give back', 'lose'), nth: fc.nat(PIECES) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('prioritise' as const),
      piece,
      priority: fc.integer({ min: -128, max: 127 }),
    }),
  },
);
const world = fc.record({
  seed: fc.nat(),
  restored: fc.uniqueArray(piece, { maxLength: 8 }),
  peers: fc.array(fc.array(piece, { maxLength: 40 }), { minLength: 3, maxLength: 3 }),
  others: fc.array(fc.oneof(fc.array(piece), fc.constant(everything)), { maxLength: 6 }),
});

/** Two that are told the same: one has an order with its rank, the other the same one in words. */
class Twins {
  readonly availability = new Availability<object>(PIECES);
  readonly priorities = new Int8Array(PIECES);
  readonly peers: readonly Bitfield[];
  readonly both: readonly [WantedPieces<object>, WantedPieces<object>];
  readonly begun: number[] = [];
  readonly stored: number[] = [];

  constructor(
    { seed, restored, peers, others }: typeof world extends fc.Arbitrary<infer W> ? W : never,
    order: PieceOrder = defaultOrder,
  ) {
    for (const pieces of others) this.availability.told({}, fieldOf(pieces));
    this.peers = peers.map(fieldOf);
    this.both = [
      new WantedPieces(PIECES, this.availability, order, seeded(seed)),
      new WantedPieces(PIECES, this.availability, inWords(order), seeded(seed)),
    ];
    for (const one of restored) {
      for (const wanted of this.both) wanted.stored(one);
      this.stored.push(one);
    }
  }

  /** What comes before what, but for chance. */
  rank(one: number): readonly [priority: number, availability: number] {
    return [-(this.priorities[one] as number), this.stored.length < RANDOM_FIRST ? 0 : this.availability.of(one)];
  }

  /** Both choose the same, and begin it. */
  same(who: number): void {
    const have = this.peers[who] as Bitfield;
    const [best, same] = this.both.map((wanted) => wanted.best(have, have));
    expect(best).toBe(same);
    if (best === undefined) return;
    for (const wanted of this.both) wanted.begin(best);
    this.begun.push(best);
  }

  best(who: number): void {
    const have = this.peers[who] as Bitfield;
    const [best, same] = this.both.map((wanted) => wanted.best(have, have));
    expect(best).toBe(same);
    const candidates = everything.filter((one) => this.both[0].missing.has(one) && have.has(one));
    if (best === undefined) expect(candidates).toEqual([]);
    if (best === undefined) return;
    expect(candidates).toContain(best);
    const [priority, availability] = this.rank(best);
    const better = candidates
      .map((one) => this.rank(one))
      .filter(([first, second]) => first < priority || (first === priority && second < availability));
    expect(better).toEqual([]);
    for (const wanted of this.both) wanted.begin(best);
    this.begun.push(best);
  }

  move(type: string, nth: number): void {
    const from = type === 'lose' ? this.stored : this.begun;
    const [one] = from.splice(nth % Math.max(1, from.length), 1);
    if (one === undefined) return;
    if (type === 'store') this.stored.push(one);
    for (const wanted of this.both) {
      if (type === 'store') wanted.stored(one);
      else if (type === 'lose') wanted.lost(one);
      else wanted.giveBack(one);
    }
  }

  prioritise(one: number, priority: number): void {
    this.priorities[one] = priority;
    for (const wanted of this.both) wanted.prioritise(one, priority);
  }
}

describe('countingSort', () => {
  it('is a sort by the key that leaves what is alike as it was', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(20), { minLength: 1, maxLength: 60 }),
        fc.array(fc.nat(), { maxLength: 80 }),
        (keys, numbers) => {
          const items = Uint32Array.from(numbers, (number) => number % keys.length);
          const sorted = [...items].sort((a, b) => (keys[a] as number) - (keys[b] as number));
          expect([...countingSort(items, Uint8Array.from(keys), 21)]).toEqual(sorted);
          expect([...countingSort(items, Uint16Array.from(keys), Math.max(...keys) + 1)]).toEqual(sorted);
        },
      ),
    );
  });
});

describe('the default order', () => {
  it('gives what comparing gives, and never one with a better one beside it', () => {
    fc.assert(
      fc.property(world, fc.array(move, { maxLength: 120 }), (setting, moves) => {
        const twins = new Twins(setting);
        for (const one of moves) {
          if (one.type === 'best') twins.best(one.who);
          else if (one.type === 'prioritise') twins.prioritise(one.piece, one.priority);
          else twins.move(one.type, one.nth);
        }
        twins.availability.check();
      }),
      { numRuns: 400 },
    );
  });

  it('is by chance as soon as fewer than four are stored, however many of its pieces were begun', () => {
    const twins = new Twins({
      seed: 1265574940,
      restored: [0, 1, 2, 3],
      peers: [[], [4, 7, 6], [10, 1, 14]],
      others: [[14]],
    });
    twins.best(1);
    twins.move('lose', 5);
    twins.move('store', 0);
    twins.best(2);
    twins.move('lose', 0);
    twins.best(2);
  });

  it('is by chance again when what was stored was lost, as it is in words', () => {
    for (let seed = 0; seed < 20; seed++) {
      const twins = new Twins({ seed, restored: [0, 1, 2, 3], peers: [everything], others: [everything.slice(0, 12)] });
      twins.best(0);
      for (let nth = 0; nth < 2; nth++) twins.move('lose', 0);
      twins.move('store', 0);
      for (let nth = 0; nth < 6; nth++) twins.best(0);
    }
  });

  it('takes the first four by chance alone, then the rarest, and any of those as likely', () => {
    const first = new Uint16Array(PIECES);
    const fifth = new Uint16Array(PIECES);
    for (let seed = 0; seed < 2400; seed++) {
      const availability = new Availability<object>(PIECES);
      availability.told({}, fieldOf(everything.slice(12)));
      const wanted = new WantedPieces(PIECES, availability, defaultOrder, seeded(seed));
      for (let nth = 0; nth <= RANDOM_FIRST; nth++) {
        const best = wanted.best(all, all) as number;
        const counted = nth === 0 ? first : nth === RANDOM_FIRST ? fifth : undefined;
        if (counted !== undefined) counted[best] = (counted[best] as number) + 1;
        wanted.begin(best);
        wanted.stored(best);
      }
    }
    // 100 each, give or take four deviations.
    expect(Math.min(...first)).toBeGreaterThan(60);
    expect(Math.max(...first)).toBeLessThan(140);
    expect(Math.min(...fifth.subarray(0, 12))).toBeGreaterThan(144);
    expect(Math.max(...fifth.subarray(0, 12))).toBeLessThan(256);
    expect(Math.max(...fifth.subarray(12))).toBe(0);
  });

  it('follows what becomes rare and what becomes common', () => {
    const availability = new Availability<object>(PIECES);
    const wanted = new WantedPieces(PIECES, availability, defaultOrder, seeded(1));
    for (const one of everything.slice(0, RANDOM_FIRST)) wanted.stored(one);
    const others = [{}, {}, {}];
    for (const other of others) availability.told(other, fieldOf(everything.slice(0, -1)));
    expect(wanted.best(all, all)).toBe(PIECES - 1);
    for (let nth = 0; nth < 5; nth++) availability.told({}, fieldOf(everything.filter((one) => one !== 7)));
    expect(wanted.best(all, all)).toBe(7);
    for (const other of others) availability.left(other);
    expect(wanted.best(all, all)).toBe(7);
  });
});

describe('an order composed of others', () => {
  const part = fc.oneof(fc.constantFrom(byPriority, rarestFirst), fc.nat(8).map(randomFirst));

  it('is made by counting if all of them are, and gives what comparing gives', () => {
    fc.assert(
      fc.property(
        world,
        fc.array(part, { maxLength: 4 }),
        fc.array(move, { maxLength: 60 }),
        (setting, parts, moves) => {
          const order = firstBy(...parts);
          expect(order.rank).toBeDefined();
          const twins = new Twins(setting, order);
          for (const one of moves) {
            if (one.type === 'best') twins.same(one.who);
            else if (one.type === 'prioritise') twins.prioritise(one.piece, one.priority);
            else twins.move(one.type, one.nth);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('follows what a peer suggests as the default order does, unless the user has one that can only compare', () => {
    const suggested = (order: PieceOrder): readonly (number | undefined)[] =>
      everything.map((piece) =>
        new WantedPieces(PIECES, new Availability<object>(PIECES), order, seeded(1)).best(all, all, [piece]),
      );
    expect(suggested(defaultOrder)).toEqual(everything);
    expect(suggested(firstBy(byPriority, randomFirst(), rarestFirst))).toEqual(everything);
    expect(
      new Set(
        suggested(
          firstBy(
            preferring((index) => index > 4),
            rarestFirst,
          ),
        ),
      ).size,
    ).toBe(1);
    expect(firstBy(byPriority, inOrder).rank).toBeUndefined();
  });
});
