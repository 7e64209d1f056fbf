import { from, lastValueFrom, mergeMap, toArray } from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import type { Target } from '../../contracts/storage.ts';
import { InputError } from '../../contracts/errors.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import type { MagnetLink } from '../../torrent/metainfo/magnet.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { type Discovery, trackersFor, trackersOf } from '../input/discoveryOptions.ts';
import { Interrupted } from '../io/exit.ts';
import type { Io } from '../io/io.ts';
import { knownOf, tellIgnored } from '../json/known.ts';
import type { Plan } from './plan.ts';
import type { Followed } from '../input/publisher.ts';
import { type SourceArgument, sourceArgument } from '../input/sourceArgument.ts';
import { placeOf } from '../input/target.ts';
import type { Named } from './viewing.ts';
import { visible } from '../io/text.ts';
import { totalOf } from '../../torrent/geometry.ts';

/** Sources that are read simultaneously: a slow web server does not delay the others. */
const READ_AT_ONCE = 5;

/** One torrent of a command: what to download or seed, its sources, and where it is on disk. */
export interface Job {
  /** What the user calls it; what is made here has no other name than its own. */
  readonly given?: string;
  readonly source: Torrent | MagnetLink;
  readonly named: Named;
  /** The peers that the source names. */
  readonly peers: readonly PeerAddress[];
  readonly trackers: readonly (readonly string[])[];
  /** What its publisher's key has led to, if it was found by one. */
  readonly followed?: Followed;
  /** For a magnet link it is known once peers have sent it. */
  torrent?: Torrent;
  target?: Target;
  /** How many of its files are wanted, if not all. */
  chosen?: { readonly files: number; readonly of: number };
}

/** A source that cannot become a job, and why. */
export interface Refused {
  readonly source: string;
  readonly error: unknown;
}

/** The path of what is downloaded, as soon as that is known. */
export const pathOfJob = ({ torrent, target }: Job): string | undefined =>
  torrent && target && placeOf(torrent, target);

/** The first object of a torrent with `--json`. */
export const beginJob = (job: Job, { json }: Pick<Io, 'json'>): void => {
  const target = pathOfJob(job);
  const sources = job.given === undefined ? {} : { sources: [job.given] };
  json?.start(
    { ...sources, ...knownOf(job.torrent ?? job.source), ...(target !== undefined && { target }) },
    job.named.infoHash,
  );
  if (job.followed) json?.tell(job.followed.publication, job.named.infoHash);
  tellIgnored({ json }, job.source, job.named.infoHash);
};

const jobOf = async (
  source: string | Torrent,
  read: SourceArgument,
  { seeding, targetFor }: Plan,
  found: Discovery,
  io: Io,
): Promise<Job> => {
  const { findable, torrent, magnet, peers, followed } = read;
  const infoHash = toHex(findable.infoHash);
  const target = torrent && (await targetFor(torrent));
  const asked = { announce: [], private: false, ...findable };
  const known = { ...found, peers: [...(found.peers ?? []), ...peers] };
  const trackers = seeding === undefined ? trackersFor(asked, known) : trackersOf(asked, found);
  for (const part of magnet?.ignored ?? []) io.say(`not used: ${part}`);
  const name = torrent?.name ?? magnet?.name ?? infoHash;
  const named = { name, infoHash, ...(torrent && { length: totalOf(torrent) }) };
  const given = typeof source === 'string' ? { given: source } : {};
  return {
    ...given,
    source: torrent ?? (magnet as MagnetLink),
    named,
    peers,
    trackers,
    ...(followed && { followed }),
    ...(torrent && { torrent }),
    ...(target && { target }),
  };
};

/** A source that was read, or why it could not be; `at` is its place among the others. */
interface Read {
  readonly at: number;
  readonly given: string | Torrent;
  readonly read?: SourceArgument;
  readonly error?: unknown;
}

const readSource = async (
  given: string | Torrent,
  at: number,
  env: Env,
  io: Io,
  { dht$ }: Discovery,
): Promise<Read> => {
  try {
    return { at, given, read: await sourceArgument(given, env, io, dht$) };
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    return { at, given, error };
  }
};

/**
 * Reads all `sources`. A missing, broken or duplicate source is refused, and the others are not: both are in the order
 * given.
 */
export const readJobs = async (
  sources: readonly (string | Torrent)[],
  plan: Plan,
  found: Discovery,
  env: Env,
  io: Io,
): Promise<{ readonly jobs: readonly Job[]; readonly refused: readonly Refused[] }> => {
  const read$ = from(sources).pipe(mergeMap((given, at) => readSource(given, at, env, io, found), READ_AT_ONCE));
  const all = await lastValueFrom(read$.pipe(toArray()));
  const jobs = new Map<string, Job>();
  const refused: Refused[] = [];
  // One after the other, in the order given: the user may be asked a question about each.
  for (const { given, read, error } of all.sort((one, other) => one.at - other.at)) {
    const source = typeof given === 'string' ? given : given.name;
    try {
      if (read === undefined) throw error;
      const infoHash = toHex(read.findable.infoHash);
      if (jobs.has(infoHash))
        throw new InputError('bad-option', `${visible(source)}: is given twice: name each torrent once`);
      jobs.set(infoHash, await jobOf(given, read, plan, found, io));
    } catch (failure) {
      if (failure instanceof Interrupted) throw failure;
      refused.push({ source, error: failure });
    }
  }
  return { jobs: [...jobs.values()], refused };
};
