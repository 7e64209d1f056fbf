import type { Candidate } from './pieceOrder.ts';

/** No piece. */
export const NONE = -1;

/** How many pieces were stored when the order was made, and whether an order has ever looked at that. */
export interface Stock {
  stored: number;
  looked: boolean;
}

/** What an order looks at, used again for each piece. */
export type Scratch = { -readonly [Key in keyof Candidate]: Candidate[Key] };

export const scratch = (stock: Stock): Scratch => ({
  index: NONE,
  availability: 0,
  priority: 0,
  missing: 0,
  get stored() {
    stock.looked = true;
    return stock.stored;
  },
  salt: 0,
});
