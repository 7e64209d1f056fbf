import type { Geometry } from '../geometry.ts';
import type { PieceOrder } from './pieceOrder.ts';

/**
 * May a block be requested from two peers at once? `on`: of two, when nothing else is left to ask for. `off`:
 * only if the peers that it is asked of keep us waiting. `strict`: never, so that nothing comes twice.
 */
export type Endgame = 'on' | 'off' | 'strict';

/** Peers that a block is asked of in the endgame: more of them waste more, and are no faster. */
export const ENDGAME_COPIES = 2;

/** Share of the memory that may wait for the disk before new pieces are begun: fresh memory costs more than waiting. */
const BACKLOG = 1 / 4;

export interface PickerOptions {
  readonly random: () => number;
  /** What is asked for first; by default rarest first after a few at random. */
  readonly order?: PieceOrder | undefined;
  /** `on` if not given. */
  readonly endgame?: Endgame | undefined;
  /** Pieces are taken from the first to the last, whatever the order: the next one is always asked for first. */
  readonly ordered?: boolean | undefined;
  /** Bytes that pieces begun and not yet stored may occupy; two pieces are always allowed. */
  readonly memory?: number | undefined;
  /** There are blocks, or there is room, for a peer that was given fewer blocks than it had room for. */
  readonly freed?: () => void;
  /** A begun piece has been given up: what is held of it is void. */
  readonly abandoned?: (piece: number) => void;
}

/** What became of a whole piece. */
export interface Outcome {
  readonly type: 'stored' | 'corrupt';
  readonly index: number;
  /** The only blocks of it that are wrong, by their numbers: the others are still held. */
  readonly wrong?: readonly number[] | undefined;
}

/** How many pieces may be begun and not stored, and how many of them may wait for the disk. */
export const roomOf = (
  { pieceLength, length }: Geometry,
  { ordered = false, memory = Infinity }: PickerOptions,
): readonly [drafts: number, backlog: number] => {
  const drafts = Math.max(2, Math.floor(memory / Math.min(pieceLength, length)));
  return [drafts, ordered ? drafts : Math.max(2, Math.floor(drafts * BACKLOG))];
};
