import { catchError, share, throwError } from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import { PORTS } from '../../discovery/inbound/inboundPort.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { discovery } from '../input/discoveryOptions.ts';
import { portAdvice } from '../io/advice.ts';
import { Interrupted, SomeFailed } from '../io/exit.ts';
import { abortion } from '../io/follow.ts';
import type { Given, Io } from '../io/io.ts';
import { limitsOf } from '../input/limitOptions.ts';
import { Account } from './account.ts';
import { beginJob, type Job, readJobs } from './job.ts';
import type { Plan } from './plan.ts';
import { unsaved } from './savedTorrent.ts';
import { sharedBy } from './session.ts';
import { sumOf } from './sum.ts';
import { ACTIVE, inTurns, MOST_ACTIVE } from './turns.ts';
import { type Bench, work } from './work.ts';
import { beThrifty } from '../args/thrift.ts';
import { flag, seconds, wholeNumber } from '../args/values.ts';
import { viewerOfOne, viewerOfSeveral } from './viewer.ts';
import type { Viewer } from './viewing.ts';
import { type Live, live } from '../views/live.ts';
import { visible } from '../io/text.ts';
import { counted } from '../io/units.ts';
import { loggedWorld } from '../log/loggedWorld.ts';

/** The ports where peers may call us. */
export const portsOf = (given: Given): readonly number[] => {
  const port = wholeNumber(given, 'port', 1, 65_535);
  if (flag(given, 'no-listen')) return [];
  // Past a proxy nobody calls us unless that is asked for.
  if (given['proxy'] !== undefined && port === undefined) return [];
  return port === undefined ? PORTS : [port];
};

/** Adds advice to the warning that the port could not be bound. */
const withAdvice = (env: Env): Env => {
  const advised = (error: unknown) => throwError(() => portAdvice(error, 'port', ', or --no-listen'));
  return { ...env, listen: (options) => env.listen(options).pipe(catchError(advised)) };
};

const viewerFor = (given: Given, io: Io, view: Live, jobs: readonly Job[], several: boolean): Viewer => {
  const named = jobs.map((job) => job.named);
  return several ? viewerOfSeveral(given, io, view, named) : viewerOfOne(given, io, view);
};

/** Works on all jobs, `active` of them at the same time; the errors of those that fail, in the order of their ends. */
const workOn = async (jobs: readonly Job[], active: number, bench: Bench, io: Io): Promise<readonly unknown[]> => {
  const failures: unknown[] = [];
  const accounts = new Map<Job, Account>();
  const attempt = async (job: Job, freed: () => void): Promise<void> => {
    if (io.stopped.aborted) return;
    const account = new Account(job.torrent?.length);
    accounts.set(job, account);
    beginJob(job, io);
    const error = await work(job, account, bench, freed);
    if (error !== undefined && !(error instanceof Interrupted)) failures.push(error);
  };
  try {
    await inTurns(jobs, active, attempt);
  } finally {
    bench.viewer.end(io.stopped.aborted ? sumOf(jobs, accounts) : undefined);
  }
  return failures;
};

const worldOf = (given: Given, { stopped, json }: Io, say: Io['say']): ReturnType<typeof loggedWorld> =>
  loggedWorld(given, say, stopped, (mapped) => json?.tell(mapped));

/**
 * Downloads or seeds all of `sources`, `active` of them simultaneously. A failure of one does not end the others: the
 * command fails with the exit code of the first. A single source fails with its own error.
 */
export const runTorrents = async (
  given: Given,
  io: Io,
  sources: readonly (string | Torrent)[],
  asked: Plan,
): Promise<void> => {
  let say = io.say;
  const { openStorage, around } = asked;
  const there = await worldOf(given, io, (line) => say(line));
  const env = withAdvice({ ...(around === undefined ? there : around(there)), ...(openStorage && { openStorage }) });
  const found = discovery(given, env);
  // Invalid options are refused before anything is read or fetched.
  const each = { timeout: seconds(given, 'timeout'), limits: limitsOf(given, 'each') };
  const active = asked.seeding?.only === true ? Infinity : (wholeNumber(given, 'max-active', 1, MOST_ACTIVE) ?? ACTIVE);
  const within = { ports: portsOf(given), limits: limitsOf(given) };
  beThrifty(sources.length);
  const { jobs, refused } = await readJobs(sources, asked, found, env, io);
  const several = sources.length > 1;
  if (refused[0] !== undefined && !several) {
    io.json?.refused(refused[0].source, refused[0].error);
    throw refused[0].error;
  }
  const first = jobs[0];
  const saveTorrent = first && unsaved(asked.saveTorrent, first.named.infoHash, flag(given, 'force'));

  const title = several ? counted(sources.length, 'torrent') : visible(first?.named.name ?? '');
  const view = await live(io, title, flag(given, 'quiet') || flag(given, 'json'));
  say = (line) => view.say(line);
  const viewer = viewerFor(given, io, view, jobs, several);
  for (const { source, error } of refused) viewer.refused(source, error);
  const plan = { ...asked, saveTorrent };
  const asking = (): boolean => io.floor?.asking === true;
  const recorded = { jobs, seeds: asked.seeding?.only === true };
  const common = { ...sharedBy(given, env, found, within, recorded, io), stop$: abortion(io.stopped).pipe(share()) };
  const bench = { ...common, given, each, plan, viewer, asking };
  const failures = [...refused.map(({ error }) => error), ...(await workOn(jobs, active, bench, io))];
  if (io.stopped.aborted) throw io.stopped.reason;
  if (failures.length > 0) throw several ? new SomeFailed(failures, sources.length) : failures[0];
};
