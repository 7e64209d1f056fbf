import { exitCode, GaveUp, Interrupted } from '../io/exit.ts';
import { Account } from '../run/account.ts';
import { ratioTold } from '../../contracts/json/jsonOf.ts';
import { Sampled } from './sampled.ts';
import type { Told, ToldAs } from '../../contracts/json/told.ts';

/** Commands that transfer a torrent's data, and report its progress. */
const MOVING: ReadonlySet<string> = new Set(['download', 'dht', 'seed', 'demo']);

/** What is known of a torrent when the command begins with it. */
export type Begun = Omit<ToldAs<'start'>, 'type' | 'command' | 'version'>;

type End = ToldAs<'end'>;

const reasonOf = (error: unknown, seeded: boolean): End['reason'] => {
  if (error === undefined) return seeded ? 'seeded' : 'complete';
  if (error instanceof Interrupted) return 'interrupted';
  return error instanceof GaveUp ? 'gave-up' : 'error';
};

/** One torrent in the journal. It gathers the figures for `end` from the events, so no command has to count. */
export class Entry {
  readonly account: Account;
  readonly #moving: boolean;
  readonly #samples = { progress: new Sampled(), funnel: new Sampled() };
  #seeded = false;
  #there: Pick<End, 'paths' | 'morePaths'> = {};
  /** The file or folder that is written or read. */
  path: string | undefined;
  ended = false;

  /** `began` is when the command set about it, in milliseconds of `now`. */
  constructor(
    command: string,
    { length, files, target }: Begun,
    time: { readonly now: () => number; readonly began: number },
  ) {
    // The length that only a link tells is a stranger's word.
    this.account = new Account(files === undefined ? undefined : length, time.now, time.began);
    this.#moving = MOVING.has(command);
    this.path = target;
  }

  /** Records an object; returns it if it is to be written now. */
  see(told: Told, now: number): Told | undefined {
    if (told.type === 'seeded') this.#seeded = true;
    if (told.type === 'done') {
      const { path, paths, morePaths } = told;
      this.path = path;
      this.#there = { paths, ...(morePaths !== undefined && { morePaths }) };
    }
    return told.type === 'progress' || told.type === 'funnel' ? this.#samples[told.type].due(told, now) : told;
  }

  /** The objects held back by the sampling. */
  rest(now: number): readonly Told[] {
    return [this.#samples.funnel.rest(now), this.#samples.progress.rest(now)].filter((told) => told !== undefined);
  }

  end(error: unknown): End {
    const { elapsed, length, stored, downloaded, uploaded, wasted, ratio } = this.account.figures;
    const seconds = Math.max(0, Math.round(elapsed * 1000) / 1000);
    const about = {
      type: 'end',
      reason: reasonOf(error, this.#seeded),
      exitCode: error === undefined ? 0 : exitCode(error),
      seconds,
    } as const;
    if (!this.#moving) return about;
    const figures = {
      ...(length !== undefined && { length }),
      stored,
      downloaded,
      uploaded,
      wasted,
      ratio: ratioTold(ratio),
    };
    return { ...about, ...figures, ...(this.path !== undefined && { path: this.path }), ...this.#there };
  }
}
