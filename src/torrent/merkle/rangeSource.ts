import { latin1 } from '../../protocol/encoding/bencode.ts';
import type { HashesMessage, HashRange } from '../../protocol/peer/messages.ts';

/** A range of hashes, however it is spoken of. */
export type Range = Omit<HashRange<string>, 'type'>;

/** Decides which hashes peers are asked for, and takes what they answer. BEP 52. */
export interface RangeSource {
  /**
   * What to ask a peer for now; undefined if there is nothing. `may` tells whether this peer may be asked for a range,
   * given its key and, where only one piece is concerned, that piece.
   */
  next(now: number, may: (key: string, piece?: number) => boolean): HashRange<'hashRequest'> | undefined;
  /** A peer will not give it: others may be asked at once. */
  released(range: Range): void;
  /** `late` is what another peer has given in between. Only what has been asked for may be handed over. */
  received(message: HashesMessage): 'kept' | 'late' | 'wrong';
  /** `wake` is called when there is something new to ask or to do. Returns what ends that. */
  awaited(wake: () => void): () => void;
}

/** What tells one range from others. */
export const keyOf = ({ root, base, index, length, proof }: Range): string =>
  `${latin1(root)} ${base} ${index} ${length} ${proof}`;
