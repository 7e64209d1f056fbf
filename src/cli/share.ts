import { client } from '../client.ts';
import { PORTS } from '../discovery/reception.ts';
import type { DownloadOptions } from '../download.ts';
import type { Env, Progress, Target } from '../env.ts';
import { InputError } from '../errors.ts';
import { toHex } from '../protocol/id.ts';
import type { SeedOptions } from '../seeding.ts';
import type { SourceOptions } from '../sources.ts';
import type { Torrent } from '../torrent/metainfo.ts';
import { type Discovery, discovery, trackersFor, trackersOf } from './discovery.ts';
import { explain, GaveUp, Interrupted } from './exit.ts';
import { follow } from './follow.ts';
import type { Given, Io } from './io.ts';
import { limitsOf } from './limits.ts';
import { Patience } from './patience.ts';
import { readTorrent } from './source.ts';
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
}

interface Job {
  readonly torrent: Torrent;
  readonly target: Target;
  readonly trackers: readonly (readonly string[])[];
}

interface Desk {
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
  { torrent, target, trackers }: Job,
  { settings, seeding }: Plan,
  found: Discovery,
  desk: Desk,
): Promise<void> => {
  const { io, silent, say, show, timeout } = desk;
  const patience = new Patience(timeout);
  const named = { name: torrent.name, infoHash: toHex(torrent.infoHash) };
  const began = performance.now();
  let last: Progress | undefined;
  let done = false;
  const complete = (): string => {
    const took = (performance.now() - began) / 1000;
    const got = last?.downloaded ?? 0;
    const how = got > 0 ? ` (${bytes(got)} in ${duration(took)}, ${rate(got / took)})` : ', all there already';
    return `${placeOf(torrent, target)}: complete, ${bytes(torrent.length)}${how}`;
  };
  const { lsd, peers, pex } = found;
  const events$ = it.download(torrent, { ...settings, lsd, peers, pex, target, trackers, ...(seeding && { seed: seeding }) });
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
  if (!silent) io.print(seeding && last ? `${placeOf(torrent, target)}: ${bytes(last.uploaded)} given, ratio ${last.ratio.toFixed(2)}` : complete());
};

const jobsOf = async (sources: readonly string[], { seeding, targetFor }: Plan, found: Discovery): Promise<readonly Job[]> => {
  const jobs = new Map<string, Job>();
  for (const source of sources) {
    const torrent = await readTorrent(source);
    const key = toHex(torrent.infoHash);
    if (jobs.has(key)) throw new InputError('bad-option', `${source}: is given twice: name each torrent once`);
    const target = await targetFor(torrent);
    jobs.set(key, { torrent, target, trackers: seeding === undefined ? trackersFor(torrent, found) : trackersOf(torrent, found) });
  }
  return [...jobs.values()];
};

/** Downloads or seeds all of `sources` at the same time. One that fails does not end the others; the first failure is that of the command. */
export const share = async (given: Given, io: Io, sources: readonly string[], plan: Plan): Promise<void> => {
  let say = io.say;
  const env = await worldOf(given, (line) => say(line));
  const found = discovery(given, env);
  const timeout = seconds(given, 'timeout');
  const it = clientFor(given, env, found);
  const jobs = await jobsOf(sources, plan, found);
  const [first] = jobs;
  const silent = flag(given, 'quiet') || flag(given, 'json');
  const view = await live(io, jobs.length > 1 ? counted(jobs.length, 'torrent') : visible(first?.torrent.name ?? ''), silent);
  say = (line) => view.say(line);
  const { show, end } = (jobs.length > 1 ? viewerOfSeveral : viewer)(given, io, view);
  const desk = { io, silent, say, show, timeout };
  let failed: { readonly error: unknown } | undefined;
  const attempt = async (job: Job): Promise<void> => {
    try {
      await work(it, job, plan, found, desk);
    } catch (error) {
      if (failed !== undefined && !(error instanceof Interrupted)) say(`${visible(job.torrent.name)}: ${explain(error)}`);
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
