import {
  asapScheduler,
  concatMap,
  defer,
  EMPTY,
  endWith,
  ignoreElements,
  merge,
  type Observable,
  observeOn,
  Subject,
  take,
  tap,
} from 'rxjs';
import type { PeerAddress, Wire } from '../../src/contracts/network.ts';
import type { Cast, Player } from '../players.ts';
import { encodeWord, Hearing, type Word } from '../speech.ts';

/** Emits when one side has hung up. */
const talk = (wire: Wire, player: Player, cast: Cast): Observable<unknown> =>
  defer(() => {
    const heard$ = new Subject<Word>();
    const hearing = new Hearing((word) => heard$.next(word));
    // The player sends after we listen.
    const saying$ = player(heard$, cast).pipe(
      observeOn(asapScheduler),
      tap((said) => wire.write(said instanceof Uint8Array ? said : encodeWord(said))),
    );
    const hearing$ = wire.bytes$.pipe(tap((bytes) => hearing.push(bytes)));
    const over = (side$: Observable<unknown>): Observable<unknown> => side$.pipe(ignoreElements(), endWith('over'));
    return merge(over(saying$), over(hearing$)).pipe(take(1));
  });

/**
 * Answers a call as a player does: the player gets the bytes of the wire as words, and its words are sent as bytes. The
 * player hangs up by completing; an error of the wire hangs up as well.
 */
export const answering =
  (player: Player, cast: Cast) =>
  ({ wire$ = EMPTY }: PeerAddress): void => {
    const talk$ = wire$.pipe(
      concatMap((wire) => talk(wire, player, cast)),
      take(1),
    );
    talk$.subscribe({ error: () => undefined });
  };
