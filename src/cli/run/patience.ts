import { NEVER, Observable } from 'rxjs';
import type { DownloadEvent, Progress } from '../../contracts/events.ts';
import { tryAgain } from '../io/advice.ts';
import { GaveUp } from '../io/exit.ts';
import type { Given } from '../io/io.ts';
import { counted, duration } from '../io/units.ts';

/** The user's `--timeout` without progress. */
export class Patience {
  /** Errors with `GaveUp` when nothing has moved for that long; never without a limit. */
  readonly end$: Observable<never>;
  #timer: NodeJS.Timeout | undefined;
  readonly #given: Given;
  #last: Progress | undefined;

  /** The time does not count while `busy` says that the user is asked a question. */
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
   * Bytes that arrive and pieces that are stored or checked are progress, and so is waiting for our own rate limit;
   * peers that come and go are not.
   */
  see(event: DownloadEvent): void {
    const moved =
      // A seed waits for peers without a limit; they may be silent for hours, and then no sample comes.
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
