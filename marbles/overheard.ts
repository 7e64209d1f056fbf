import { tap } from 'rxjs';
import type { Mark } from './lane.ts';
import type { Player } from './players.ts';

/** A player, and what was sent to it: `asks(…)` and `sends(…)` of the stage compare it. */
export interface Overheard {
  readonly player: Player;
  readonly sent: readonly Mark[];
}

/** Records what is sent to a player of a world: `overheard(stage, honest())`. */
export const overheard = ({ now }: { readonly now: () => number }, player: Player): Overheard => {
  const sent: Mark[] = [];
  const heard = tap((value: unknown) => void sent.push({ frame: now(), kind: 'value', value }));
  return { sent, player: (heard$, cast) => player(heard$.pipe(heard) as typeof heard$, cast) };
};
