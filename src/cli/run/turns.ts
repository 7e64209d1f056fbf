import { from, lastValueFrom, mergeMap } from 'rxjs';

/** Simultaneous downloads: the default, and the maximum. */
export const ACTIVE = 5;
export const MOST_ACTIVE = 1000;

/**
 * Runs all jobs, at most `active` at the same time, in their order. `run` calls `freed` when its job no longer counts,
 * though it goes on: the next one begins then, or when `run` is over. Resolves when all are over; `run` must not
 * reject.
 */
export const inTurns = async <Job>(
  jobs: readonly Job[],
  active: number,
  run: (job: Job, freed: () => void) => Promise<void>,
): Promise<void> => {
  const running: Promise<void>[] = [];
  const turn = (job: Job): Promise<void> => new Promise((freed) => running.push(run(job, freed).finally(freed)));
  await lastValueFrom(from(jobs).pipe(mergeMap(turn, active)), { defaultValue: undefined });
  await Promise.all(running);
};
