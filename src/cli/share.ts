import { defer, type Observable, of, tap } from 'rxjs';
import { client } from '../client.ts';
import { PORTS } from '../discovery/reception.ts';
import type { DownloadOptions } from '../download.ts';
import type { Env, PeerAddress, Progress, Target } from '../env.ts';
import { InputError } from '../errors.ts';
import { toHex } from '../protocol/id.ts';
import type { SeedOptions } from '../seeding.ts';
import type { SourceOptions } from '../sources.ts';
import { encodeOriginal } from '../torrent/encodeTorrent.ts';
import type { MagnetLink } from '../torrent/magnet.ts';
import type { Torrent } from '../torrent/metainfo.ts';
import { type Discovery, discovery, trackersFor, trackersOf } from './discovery.ts';
import { explain, GaveUp, Interrupted } from './exit.ts';
import { follow } from './follow.ts';
import type { Given, Io } from './io.ts';
import { limitsOf } from './limits.ts';
import { mayWrite, writeNew } from './newFile.ts';
import { Patience } from './patience.ts';
import { sought } from './sought.ts';
import { placeOf } from './target.ts';
import { flag, seconds, wholeNumber } from './values.ts';
import { type Viewer, viewer, viewerOfSeveral } from './viewer.ts';
import { live } from './views/live.ts';
import { visible } from './views/text.ts';
import { bytes, counted, duration, rate } from './views/units.ts';
import { worldOf } from './world.ts';

/** What is done with each of several torrents. */
export interface Plan {
  readonly settings: Omit<DownloadOptions, 'target' | 'limits' | keyof SourceOptions | 'pex' | 'port' | 'peerId' | 'reception$' | 'budget'>;
  readonly seeding: SeedOptions | undefined;
  readonly targetFor: (torrent: Torrent) => Promise<Target>;
  /** Where the .torrent is written. */
  readonly saveTorrent?: string | undefined;
}

interface Job {
  readonly source: Torrent | MagnetLink;
  readonly named: { readonly name: string; readonly infoHash: string };
  /** Those whom the source names. */
  readonly peers: readonly PeerAddress[];
  readonly trackers: readonly (readonly string[])[];
  /** Known of a magnet link when its torrent is. */
  torrent?: Torrent;
  target?: Target;
}

interface Desk {
  readonly given: Given;
  readonly io: Io;
  readonly silent: boolean;
  readonly say: (line: string) => void;
  readonly show: Viewer['show'];
  readonly timeout: number | undefined;
}

/** The ports where peers may call us. */
export const portsOf = (given: Given): readonly number[] => {
  const port = wholeNumber(given, 'port', 1, 65_535);
  if (flag(given, 'no-listen')) return [];
  return port === undefined ? PORTS : [port];
};

/** What all torrents of this process share. */
const clientFor = (given: Given, env: Env, { dht$ }: Discovery) => client(env, { ports: portsOf(given), limits: limitsOf(given), ...(dht$ && { dht$ }) });

/** Downloads one torrent, or seeds it, until it is over; says what has become of it. */
const work = async (
  it: ReturnType<typeof client>,
  job: Job,
  { settings, seeding, targetFor, saveTorrent }: Plan,
  found: Discovery,
  desk: Desk,
): Promise<void> => {
  const { io, silent, say, show, timeout } = desk;
  const patience = new Patience(timeout);
  const { source, named, trackers } = job;
  const began = performance.now();
  let last: Progress | undefined;
  let done = false;
  const complete = (): string => {
    const took = (performance.now() - began) / 1000;
    const got = last?.downloaded ?? 0;
    const how = got > 0 ? ` (${bytes(got)} in ${duration(took)}, ${rate(got / took)})` : ', all there already';
    return `${placeOfJob(job)}: complete, ${bytes(job.torrent?.length ?? 0)}${how}`;
  };
  const { lsd, peers = [], pex } = found;
  const placed = (torrent: Torrent): Observable<Target> =>
    defer(() => {
      job.torrent = torrent;
      if (saveTorrent !== undefined) writeNew(saveTorrent, encodeOriginal(torrent), flag(desk.given, 'force'));
      return job.target === undefined ? targetFor(torrent) : of(job.target);
    }).pipe(tap((target) => (job.target = target)));
  const more = {
    limits: limitsOf(desk.given, 'each'),
    lsd,
    peers: [...peers, ...job.peers],
    pex,
    trackers,
    target: { folder: '.' },
    placed,
    ...(seeding && { seed: seeding }),
  };
  const events$ = it.download(source, { ...settings, ...more });
  await follow(
    events$,
    io,
    (event) => {
      if (event.type === 'progress') last = event;
      patience.see(event);
      show(event, named);
      if (event.type !== 'done') return;
      done = true;
      if (seeding && !silent) say(`${complete()}; seeding`);
    },
    patience.end$,
  );
  if (!done) throw new GaveUp('no-peers', `no peer left that could help: ${last?.reason ?? 'give another --tracker or --peer'}`);
  if (!silent) io.print(seeding && last ? `${placeOfJob(job)}: ${bytes(last.uploaded)} given, ratio ${last.ratio.toFixed(2)}` : complete());
};

const placeOfJob = ({ torrent, target, named }: Job): string => (torrent && target ? placeOf(torrent, target) : named.name);

const jobsOf = async (sources: readonly (string | Torrent)[], { seeding, targetFor }: Plan, found: Discovery, env: Env, io: Io): Promise<readonly Job[]> => {
  const jobs = new Map<string, Job>();
  for (const source of sources) {
    const { findable, torrent, magnet, peers } = await sought(source, env, io);
    const key = toHex(findable.infoHash);
    if (jobs.has(key))
      throw new InputError('bad-option', `${visible(typeof source === 'string' ? source : source.name)}: is given twice: name each torrent once`);
    const target = torrent && (await targetFor(torrent));
    const asked = { announce: [], private: false, ...findable };
    const known = { ...found, peers: [...(found.peers ?? []), ...peers] };
    const trackers = seeding === undefined ? trackersFor(asked, known) : trackersOf(asked, found);
    const job = { named: { name: torrent?.name ?? magnet?.name ?? key, infoHash: key }, peers, trackers };
    if (torrent !== undefined) jobs.set(key, { ...job, source: torrent, torrent, ...(target && { target }) });
    else if (magnet !== undefined) jobs.set(key, { ...job, source: magnet });
    for (const part of magnet?.ignored ?? []) io.say(`not used: ${part}`);
  }
  return [...jobs.values()];
};

/** Downloads or seeds all of `sources` at the same time. One that fails does not end the others; the first failure is that of the command. */
export const share = async (given: Given, io: Io, sources: readonly (string | Torrent)[], plan: Plan): Promise<void> => {
  let say = io.say;
  const env = await worldOf(given, (line) => say(line));
  const found = discovery(given, env);
  const timeout = seconds(given, 'timeout');
  if (plan.saveTorrent !== undefined) mayWrite(plan.saveTorrent, flag(given, 'force'));
  const it = clientFor(given, env, found);
  const jobs = await jobsOf(sources, plan, found, env, io);
  const [first] = jobs;
  const silent = flag(given, 'quiet') || flag(given, 'json');
  const view = await live(io, jobs.length > 1 ? counted(jobs.length, 'torrent') : visible(first?.named.name ?? ''), silent);
  say = (line) => view.say(line);
  const { show, end } = (jobs.length > 1 ? viewerOfSeveral : viewer)(given, io, view);
  const desk = { given, io, silent, say, show, timeout };
  let failed: { readonly error: unknown } | undefined;
  const attempt = async (job: Job): Promise<void> => {
    try {
      await work(it, job, plan, found, desk);
    } catch (error) {
      if (failed !== undefined && !(error instanceof Interrupted)) say(`${visible(job.named.name)}: ${explain(error)}`);
      failed ??= { error };
    }
  };
  try {
    await Promise.all(jobs.map(attempt));
  } finally {
    end();
  }
  if (failed !== undefined) throw failed.error;
};
