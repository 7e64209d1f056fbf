import type { Sum } from '../views/summary.ts';
import type { Account } from './account.ts';
import type { Job } from './job.ts';

/** How far all `jobs` have come together. What waits for its turn has no account yet. */
export const sumOf = (jobs: readonly Job[], accounts: ReadonlyMap<Job, Account>): Sum => {
  const figures = jobs.map((job) => ({ known: job.torrent?.length, ...accounts.get(job)?.figures }));
  const add = (numbers: readonly (number | undefined)[]): number =>
    numbers.reduce<number>((sum, number = 0) => sum + number, 0);
  return {
    torrents: jobs.length,
    complete: figures.filter(({ took }) => took !== undefined).length,
    length: add(figures.map(({ length, known }) => length ?? known)),
    stored: add(figures.map(({ stored }) => stored)),
    uploaded: add(figures.map(({ uploaded }) => uploaded)),
  };
};
