import { tap } from 'rxjs';
import type { Mark } from './lane.ts';
import type { Player } from './players.ts';

/** A player, and what was sent to it: `asks(…)` and `sends(…)` of the stage compare it. */
export interface Overheard {
  readonly player: Player;
  /** What the player has said so far. */
  readonly said: readonly Mark[];
  readonly sent: readonly Mark[];
}

/** Records what is sent to a player of a world: `overheard(stage, honest())`. */
export const overheard = ({ now }: { readonly now: () => number }, player: Player): Overheard => {
  const sent: Mark[] = [];
  const said: Mark[] = [];
  const heard = <T>(into: Mark[]) =>
    tap<T>({
      next: (value) => void into.push({ frame: now(), kind: 'value', value }),
      complete: () => void into.push({ frame: now(), kind: 'end' }),
    });
  return {
    said,
    sent,
    player: (heard$, cast) => player(heard$.pipe(heard(sent)), cast).pipe(heard(said)),
  };
};
