import { tap } from 'rxjs';
import type { Env } from '../../src/contracts/env.ts';
import type { Strategy } from '../../src/download/strategy.ts';
import { type EnvTap, tappedEnv, untouched } from '../../src/recording/tappedEnv.ts';
import { now } from '../../src/contracts/clock.ts';
import type { SwarmPlan } from '../swarm/plan.ts';
import { swarmOf } from '../swarm/swarmOf.ts';
import { torrentOf } from '../torrent.ts';
import { downloads, type Measures, measuresOf } from './measures.ts';

/** A film lasts so many minutes: its first one is that part of the torrent. */
const MINUTES = 90;

/** Which bytes from the beginning have been written. */
class Front {
  #until = 0;
  readonly #beyond = new Map<number, number>();

  wrote(offset: number, length: number): number {
    this.#beyond.set(offset, Math.max(length, this.#beyond.get(offset) ?? 0));
    for (let next = this.#beyond.get(this.#until); next !== undefined; next = this.#beyond.get(this.#until)) {
      this.#beyond.delete(this.#until);
      this.#until += next;
    }
    return this.#until;
  }
}

/** Watches a disk; calls `there` once when the first `length` bytes are written. */
const watching = (length: number, there: () => void): EnvTap => {
  const front = new Front();
  let told = false;
  return {
    ...untouched,
    watch: (call, source) =>
      call.what !== 'write' && call.what !== 'writev'
        ? source
        : source.pipe(
            tap(() => {
              if (told || front.wrote(call.offset, call.length) < length) return;
              told = true;
              there();
            }),
          ),
  };
};

/**
 * Runs a swarm in which all that download follow a strategy, and measures it; those that have everything do as usual.
 * `strategy` is called for each of them, so that none shares its state with another. The same plan and strategy give
 * the same measures.
 */
export const trial = (plan: SwarmPlan, strategy: () => Strategy = () => ({})): Measures => {
  const { length } = torrentOf(plan.torrent);
  const playable = new Map<number, number | undefined>();
  const env = (world: Env, nth: number): Env => {
    if (!downloads(plan, nth)) return world;
    const minute = watching(length / MINUTES, () => playable.set(nth, now()));
    playable.set(nth, undefined);
    return { ...world, openStorage: (torrent, target) => tappedEnv(world, minute).openStorage(torrent, target) };
  };
  const run = swarmOf(plan, { env, options: (nth) => (downloads(plan, nth) ? { strategy: strategy() } : {}) });
  return measuresOf(run, length, [...playable.values()]);
};
