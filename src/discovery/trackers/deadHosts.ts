import { now } from '../../contracts/clock.ts';
import { TrackerError } from '../../contracts/errors.ts';

/** Announces in a row that a host has left without an answer, after which it counts as dead. */
export const DEAD_AFTER = 8;
/** Milliseconds between two announces that a dead host is really sent. */
export const TRY_EVERY = 1_000;
/** Hosts of which this is remembered; the one that has been known for longest is forgotten. */
export const MAX_HOSTS = 500;

interface Silence {
  failures: number;
  triedAt: number;
  error: TrackerError | undefined;
}

/**
 * Which hosts of trackers answer nobody: a thousand torrents of one dead tracker would else call it thousands of times
 * in a minute. Depends on: how many announces in a row had no answer, and when the last one was sent. Invariant: a dead
 * host is sent one announce a second at most; any answer, if only a refusal, brings it back to life.
 */
export class DeadHosts {
  readonly #silent = new Map<string, Silence>();

  /** Why an announce to this host is not worth sending now; undefined if it is to be sent. */
  refusal(host: string): TrackerError | undefined {
    const silence = this.#silent.get(host);
    if (silence === undefined || silence.failures < DEAD_AFTER) return undefined;
    if (now() - silence.triedAt >= TRY_EVERY) {
      silence.triedAt = now();
      return undefined;
    }
    // The same words each time: who reads them is told once.
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
}
