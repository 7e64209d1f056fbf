import type { Bitfield } from '../bitfield.ts';
import { BLOCK } from '../geometry.ts';
import type { PiecePicker } from '../picker/piecePicker.ts';
import { wantedOf } from './blockKeys.ts';

/** What a peer sends in so many milliseconds it has at hand: to cancel that would come too late. */
const AT_HAND = 500;
const LEAST_AT_HAND = 2;

/** What is in flight with a peer: `keys` in the order in which they were asked for, `rate` in bytes a second. */
interface Asked {
  readonly keys: readonly number[];
  readonly rate: number;
}

/**
 * What a peer was asked for that a reader does not need soon, if there is something that a reader needs soon, that the
 * peer has, and that nobody is asked for. Without what it is about to send, and what nobody else may give.
 */
export const deferrable = (picker: PiecePicker, have: Bitfield, { keys, rate }: Asked): readonly number[] => {
  const { readers, geometry } = picker;
  const soon = new Set(readers.needed());
  if (![...soon].some((index) => have.has(index) && picker.wantsPiece(index, true))) return [];
  const atHand = Math.max(LEAST_AT_HAND, Math.ceil((rate * AT_HAND) / 1000 / BLOCK));
  return keys.slice(atHand).filter((key) => {
    const { piece, block } = wantedOf(geometry, key);
    return !soon.has(piece) && picker.lacks(piece, block);
  });
};
