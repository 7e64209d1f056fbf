import type { Message } from '../../src/protocol/peer/messages.ts';
import type { DrawnPeer, Stage } from '../index.ts';

/** A peer that we serve. */
export const unchoked = (peer: DrawnPeer): DrawnPeer => {
  peer.state.choking = false;
  return peer;
};

/** `a` to `h` ask for block 1 to 8, `A` to `H` cancel that. */
export const requests = ({ words }: Stage): Readonly<Record<string, Message>> =>
  Object.fromEntries(
    [...'abcdefgh'].flatMap((letter, n) => [
      [letter, words.request(n + 1)],
      [letter.toUpperCase(), words.cancel(n + 1)],
    ]),
  );
