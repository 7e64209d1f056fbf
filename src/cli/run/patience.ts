import { NEVER, Observable } from 'rxjs';
import type { DownloadEvent, Progress } from '../../contracts/events.ts';
import { tryAgain } from '../io/advice.ts';
import { GaveUp } from '../io/exit.ts';
import type { Given } from '../io/io.ts';
import { counted, duration } from '../io/units.ts';

/** How long the user waits for something to move. */
export class Patience {
  /** Errors with `GaveUp` when nothing has moved for that long; never when there is no limit. */
  readonly end$: Observable<never>;
  #timer: NodeJS.Timeout | undefined;
  readonly #given: Given;
  #last: Progress | undefined;

  /** While `busy` says that the user is, nobody waits. */
  constructor(seconds: number | undefined, given: Given, busy: () => boolean = () => false) {
    this.#given = given;
    if (seconds === undefined) this.end$ = NEVER;
    else
      this.end$ = new Observable<never>((subscriber) => {
        const over = (): void => {
          if (busy() || this.#seeds) this.#timer?.refresh();
          else subscriber.error(this.#gaveUp(seconds));
        };
        this.#timer = setTimeout(over, seconds * 1000);
        return () => clearTimeout(this.#timer);
      });
  }

  /**
   * Bytes that arrive and pieces that are stored or checked count, and so does waiting for a limit of ours; peers that
   * come and go do not.
   */
  see(event: DownloadEvent): void {
    const moved =
      // Who waits for others waits as long as they like; they may be silent for hours, and then no sample comes.
      (event.type === 'progress' && (this.#seeds || event.phase === 'seeding')) ||
      event.type === 'stored' ||
      event.type === 'rechecked' ||
      (event.type === 'progress' && (event.held === true || event.downloaded > (this.#last?.downloaded ?? 0)));
    if (event.type === 'progress') this.#last = event;
    if (moved) this.#timer?.refresh();
  }

  get #seeds(): boolean {
    return this.#last?.phase === 'seeding';
  }

  #gaveUp(seconds: number): GaveUp {
    const why =
      this.#last?.reason ??
      `${counted(this.#last?.peers.known ?? 0, 'peer')} known, ${this.#last?.peers.connected ?? 0} connected`;
    return new GaveUp('timeout', `no progress for ${duration(seconds)} (${why}): ${tryAgain(this.#given)}`);
  }
}
