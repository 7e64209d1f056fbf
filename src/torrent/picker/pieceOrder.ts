/** What an order may look at; lent, do not keep it. */
export interface Candidate {
  readonly index: number;
  /** How many connected peers have it. */
  readonly availability: number;
  /** Higher first; 0 unless set by the user. */
  readonly priority: number;
  /** Pieces of the torrent still missing. */
  readonly missing: number;
  /** Pieces stored so far. */
  readonly stored: number;
  /**
   * A random number of 32 bits that stays with the piece: breaks ties. Small pieces that adjoin each other may have
   * numbers that do.
   */
  readonly salt: number;
}

/**
 * One thing that pieces are sorted by: the lowest number first, but the highest priority. It counts while fewer than
 * `below` pieces are stored.
 */
export interface Rank {
  readonly by: 'priority' | 'availability' | 'salt';
  readonly below: number;
}

/**
 * Which of two pieces is asked for first: negative for `a`, positive for `b`, 0 for a tie, which chance breaks.
 * An order may carry its `rank`, which says the same as what to sort by, what matters most first. Then it is made by
 * counting instead of comparing, and what peers suggest (BEP 6) is followed among pieces of one priority: such an order
 * leaves much to chance.
 *
 * Pieces are sorted once, and sorted again when what `Candidate` tells has changed much. An order whose answers depend
 * on anything else says so by its `revision`: asked at each choice, and when the number is another than at the last,
 * all pieces are sorted again. `changing` makes such an order.
 */
export interface PieceOrder {
  (a: Candidate, b: Candidate): number;
  readonly rank?: readonly Rank[];
  /** Grows whenever the order has changed its mind. */
  readonly revision?: () => number;
}

const ranked = (order: (a: Candidate, b: Candidate) => number, ...rank: readonly Rank[]): PieceOrder =>
  Object.assign(order, { rank });

/** The piece that the fewest peers have; ties at random. */
export const rarestFirst: PieceOrder = ranked(
  (a, b) => a.availability - b.availability || a.salt - b.salt,
  { by: 'availability', below: Infinity },
  { by: 'salt', below: Infinity },
);

/** From the beginning to the end: for streaming. */
export const inOrder: PieceOrder = (a, b) => a.index - b.index;

/** The highest priority. */
export const byPriority: PieceOrder = ranked((a, b) => b.priority - a.priority, { by: 'priority', below: Infinity });

/** When pieces are needed. `Deadlines` is one. */
export interface Due {
  /** The lower, the sooner it is needed; undefined if it is not waited for. */
  due(index: number): number | undefined;
  /** Grows whenever something else is needed. */
  revision(): number;
}

/** The pieces that are due soonest, those that nobody waits for last: for players that read at several places. */
export const byDeadline = (deadlines: Due): PieceOrder =>
  changing(
    (a, b) => {
      const [one = Infinity, other = Infinity] = [deadlines.due(a.index), deadlines.due(b.index)];
      return one === other ? 0 : one - other;
    },
    () => deadlines.revision(),
  );

/** So many pieces are asked for at random unless told otherwise. */
export const RANDOM_FIRST = 4;

/** Any, while fewer than `count` pieces are stored: to have soon something to give. Then no opinion. */
export const randomFirst = (count = RANDOM_FIRST): PieceOrder =>
  ranked((a, b) => (a.stored < count ? a.salt - b.salt : 0), { by: 'salt', below: count });

/** The pieces for which `wanted` holds before all others. */
export const preferring =
  (wanted: (index: number) => boolean): PieceOrder =>
  (a, b) =>
    Number(wanted(b.index)) - Number(wanted(a.index));

/**
 * An order that changes its mind: `order` is called again from the next choice on after each growth of `revision`.
 *
 * @example
 * let wanted = 3;
 * let changes = 0;
 * const order = changing(preferring((piece) => piece === wanted), () => changes);
 * // later: [wanted, changes] = [7, changes + 1];
 */
export const changing = (order: PieceOrder, revision: () => number): PieceOrder =>
  Object.assign((a: Candidate, b: Candidate) => order(a, b), { ...(order.rank && { rank: order.rank }), revision });

/**
 * The first order that has an opinion decides. It has a rank if all of them have, and changes its mind when one of them
 * does.
 */
export const firstBy = (...orders: readonly PieceOrder[]): PieceOrder => {
  const order = (a: Candidate, b: Candidate): number => {
    for (const one of orders) {
      const difference = one(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
  const ranks = orders.flatMap(({ rank }) => (rank === undefined ? [] : [rank]));
  const first = ranks.length === orders.length ? ranked(order, ...ranks.flat()) : order;
  const revisions = orders.flatMap(({ revision }) => (revision === undefined ? [] : [revision]));
  return revisions.length === 0 ? first : changing(first, () => revisions.reduce((sum, each) => sum + each(), 0));
};

/** Does it say by its rank that rare pieces come first? */
export const spreads = ({ rank = [] }: PieceOrder): boolean => rank.some(({ by }) => by === 'availability');

/** What is asked for first unless told otherwise. */
export const defaultOrder: PieceOrder = firstBy(byPriority, randomFirst(), rarestFirst);
