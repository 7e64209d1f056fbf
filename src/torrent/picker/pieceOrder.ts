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
  /** A random number of 32 bits that stays with the piece: breaks ties. Small pieces that adjoin each other may have numbers that do. */
  readonly salt: number;
}

/** Which of two pieces is asked for first: negative for `a`, positive for `b`, 0 for a tie. */
export type PieceOrder = (a: Candidate, b: Candidate) => number;

/** The piece that the fewest peers have; ties at random. */
export const rarestFirst: PieceOrder = (a, b) => a.availability - b.availability || a.salt - b.salt;

/** From the beginning to the end: for streaming. */
export const inOrder: PieceOrder = (a, b) => a.index - b.index;

/** The highest priority. */
export const byPriority: PieceOrder = (a, b) => b.priority - a.priority;

/** So many pieces are asked for at random unless told otherwise. */
export const RANDOM_FIRST = 4;

/** Any, while fewer than `count` pieces are stored: to have soon something to give. Then no opinion. */
export const randomFirst =
  (count = RANDOM_FIRST): PieceOrder =>
  (a, b) =>
    a.stored < count ? a.salt - b.salt : 0;

/** The pieces for which `wanted` holds before all others. */
export const preferring =
  (wanted: (index: number) => boolean): PieceOrder =>
  (a, b) =>
    Number(wanted(b.index)) - Number(wanted(a.index));

/** The first order that has an opinion decides. */
export const firstBy =
  (...orders: readonly PieceOrder[]): PieceOrder =>
  (a, b) => {
    for (const order of orders) {
      const difference = order(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };

/** What is asked for first unless told otherwise. With no other order are suggestions of peers followed (BEP 6), among pieces of one priority. */
export const defaultOrder: PieceOrder = firstBy(byPriority, randomFirst(), rarestFirst);
