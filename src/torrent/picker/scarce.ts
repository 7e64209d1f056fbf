import type { Bitfield } from '../bitfield.ts';

/** What is counted of pieces. `PiecePicker` is one. */
export interface Counted {
  readonly availability: { of(piece: number): number };
  wantsPiece(piece: number): boolean;
}

/** Is there, among the pieces that a peer had which is counted no longer, one that we lack and no other peer has? */
export const isScarce = (had: Bitfield, counted: Counted): boolean => {
  for (let piece = 0; piece < had.length; piece++)
    if (had.has(piece) && counted.availability.of(piece) === 0 && counted.wantsPiece(piece)) return true;
  return false;
};
