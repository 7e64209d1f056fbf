import { tap } from 'rxjs';
import type { Mark } from './lane.ts';
import type { Player } from './players.ts';

/** A player, and what it was sent: `asks(…)` and `sends(…)` of the stage draw it. */
export interface Overheard {
  readonly player: Player;
  readonly sent: readonly Mark[];
}

/** Listens in on what is sent to a player of a world: `overheard(stage, honest())`. */
export const overheard = ({ now }: { readonly now: () => number }, player: Player): Overheard => {
  const sent: Mark[] = [];
  const heard = tap((value: unknown) => void sent.push({ frame: now(), kind: 'value', value }));
  return { sent, player: (heard$, cast) => player(heard$.pipe(heard) as typeof heard$, cast) };
};
