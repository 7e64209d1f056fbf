import {
  chokesAfter,
  corrupts,
  garbage,
  hangsUpAfter,
  honest,
  neverUnchokes,
  type Player,
  silent,
  stallsAfter,
  wrongInfoHash,
} from '../players.ts';
import type { PlayerKind } from './plan.ts';

/** Blocks that somebody gives before the trouble begins. */
const GIVEN = 5;
/** Milliseconds of a player who chokes again and again. */
const CHOKING = 2_000;

/** Those with manners of their own; each has `has`, or all pieces. */
export const playerOf = (kind: PlayerKind, has: 'all' | readonly number[] = 'all'): Player => {
  const good = honest({ has });
  const kinds: Record<PlayerKind, () => Player> = {
    honest: () => good,
    corrupts: () => corrupts([], good),
    neverUnchokes: () => neverUnchokes(good),
    stalls: () => stallsAfter(GIVEN, good),
    hangsUp: () => hangsUpAfter(GIVEN, good),
    chokes: () => chokesAfter(GIVEN, CHOKING, good),
    silent: () => silent(),
    garbage: () => garbage(),
    wrongInfoHash: () => wrongInfoHash(good),
  };
  return kinds[kind]();
};
