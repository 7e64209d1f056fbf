import { now } from '../../contracts/clock.ts';
import { TrackerError } from '../../contracts/errors.ts';

/** Number of unanswered announces in a row after which a host counts as dead. */
export const DEAD_AFTER = 8;
/** Milliseconds between two announces that are really sent to a dead host. */
export const TRY_EVERY = 1_000;
/** Maximum number of hosts that are remembered; the oldest is forgotten first. */
export const MAX_HOSTS = 500;

interface Silence {
  failures: number;
  triedAt: number;
  error: TrackerError | undefined;
}

/**
 * Knows which tracker hosts do not answer: otherwise a thousand torrents of one dead tracker would call it thousands of
 * times per minute. Depends on how many announces in a row had no answer, and on when the last one was sent. A dead
 * host is sent at most one announce per second; any answer, even a refusal, makes it alive again. Invariant: at most
 * {@link MAX_HOSTS} are remembered, each for an announce that had no answer.
 */
export class DeadHosts {
  readonly #silent = new Map<string, Silence>();

  /** The reason for which an announce to this host is not sent now; undefined if it is sent. */
  refusal(host: string): TrackerError | undefined {
    const silence = this.#silent.get(host);
    if (silence === undefined || silence.failures < DEAD_AFTER) return undefined;
    if (now() - silence.triedAt >= TRY_EVERY) {
      silence.triedAt = now();
      return undefined;
    }
    // Always the same words, so that the user is told only once.
    const why =
      `${host}: has not answered for long, ` +
      'and is asked once a second for all complete torrents together until it does';
    return (silence.error ??= new TrackerError('unreachable', why));
  }

  answered(host: string): void {
    this.#silent.delete(host);
  }

  /** An announce has ended with `error`. */
  failed(host: string, error: unknown): void {
    if (!(error instanceof TrackerError)) return;
    if (error.code !== 'unreachable' && error.code !== 'timeout') return this.answered(host);
    const silence = this.#silent.get(host) ?? { failures: 0, triedAt: now(), error: undefined };
    silence.failures++;
    silence.error = undefined;
    this.#silent.set(host, silence);
    const [oldest] = this.#silent.keys();
    if (this.#silent.size > MAX_HOSTS && oldest !== undefined) this.#silent.delete(oldest);
  }

  check(): void {
    if (this.#silent.size > MAX_HOSTS) throw new RangeError(`${this.#silent.size} hosts are remembered`);
    for (const [host, { failures }] of this.#silent)
      if (failures < 1) throw new RangeError(`${host} has not failed, and is remembered`);
  }
}
