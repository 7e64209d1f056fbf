import { type Observable, takeUntil, tap, timer } from 'rxjs';
import type { PeerSource } from '../../contracts/network.ts';
import type { Funnel } from '../../torrent/stats/funnel.ts';
import { tryAgain } from '../io/advice.ts';
import type { Deadline } from '../io/deadline.ts';
import { GaveUp } from '../io/exit.ts';
import { follow } from '../io/follow.ts';
import type { Given, Io } from '../io/io.ts';
import { funnelLines } from '../views/funnel.ts';
import type { Live } from '../views/live.ts';
import { duration } from '../io/units.ts';

/** Milliseconds between two looks at how far peers got. */
const LOOK_EVERY = 250;

export interface Wait {
  /** The message when the value does not come, such as `the metadata did not come`. */
  readonly missed: string;
  readonly given: Given;
  /** The time limit. */
  readonly deadline: Deadline;
  readonly funnel: Funnel<PeerSource>;
  readonly view: Live;
}

const NOBODY = 'no peer found yet';

/** The one value of `source$`, if it comes in time; shows meanwhile how far peers got. @throws GaveUp, Interrupted */
export const awaited = async <T>(
  source$: Observable<T>,
  { missed, given, deadline, funnel, view }: Wait,
  io: Io,
): Promise<T> => {
  let late = false;
  const found: T[] = [];
  const rows = (width?: number): readonly string[] => funnelLines({ type: 'funnel', sources: funnel.rows }, width);
  const look = (): void =>
    view.show({
      lines: (width) => (funnel.rows.length > 0 ? rows(width) : [NOBODY]),
      line: () => rows().join('; ') || NOBODY,
    });
  const looks = setInterval(look, LOOK_EVERY);
  try {
    look();
    await follow(
      source$.pipe(takeUntil(timer(deadline.left).pipe(tap(() => (late = true))))),
      io,
      (value) => void found.push(value),
    );
  } finally {
    clearInterval(looks);
  }
  const [value] = found;
  if (value !== undefined) return value;
  const how = late ? ` within ${duration(deadline.seconds)}` : ', and no source of peers is left';
  throw new GaveUp(
    late ? 'timeout' : 'no-peers',
    `${missed}${how} (${rows().join('; ') || 'no peer was named'}): ${tryAgain(given)}`,
  );
};
