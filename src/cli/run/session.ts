import { isObservable, type Observable, switchMap } from 'rxjs';
import { type Client, client, type ClientOptions } from '../../client/client.ts';
import type { Env } from '../../contracts/env.ts';
import type { DownloadEvent } from '../../contracts/events.ts';
import type { Target } from '../../contracts/storage.ts';
import type { Limits } from '../../download/limits/rateLimits.ts';
import type { SeedOptions } from '../../download/limits/seedGoal.ts';
import { type Discovery, discovery } from '../input/discoveryOptions.ts';
import type { Plan } from './plan.ts';
import { InputError } from '../../contracts/errors.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import { encodeSavedNodes } from '../../discovery/dht/savedNodes.ts';
import { isObject } from '../../recording/values.ts';
import { record } from '../../recording/record.ts';
import type { Tape } from '../../recording/tape.ts';
import { encodeOriginal } from '../../torrent/metainfo/encodeTorrent.ts';
import { formatMagnet, type MagnetLink, parseMagnet } from '../../torrent/metainfo/magnet.ts';
import { parseTorrent, type Torrent } from '../../torrent/metainfo/metainfo.ts';
import { flag, size, text } from '../args/values.ts';
import { defaultNodeFile, loadNodes } from '../input/nodeFile.ts';
import { mayWrite } from '../input/newFile.ts';
import { recordFile } from '../io/recordFile.ts';
import type { Given, Io } from '../io/io.ts';
import type { Job } from './job.ts';

/** One torrent of a session, and the peers that were named for it. */
export interface RecordedJob {
  /** The .torrent, in base64, or the magnet link. */
  readonly torrent?: string;
  readonly magnet?: string;
  readonly trackers: readonly (readonly string[])[];
  readonly peers: readonly PeerAddress[];
}

/** What a recording of `download` or `seed` says of itself: all that the same is made of again. */
export interface Session {
  readonly command: 'download' | 'seed';
  /** The options that were given. */
  readonly given: Given;
  readonly jobs: readonly RecordedJob[];
  /** The nodes of the DHT that the run before had left, in base64. */
  readonly nodes?: string;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Options that name something on this machine, or say how it is shown. */
const LOCAL = new Set([
  'source',
  '_',
  '$0',
  'output',
  'o',
  'offers',
  'rooms',
  'record',
  'record-limit',
  'node-file',
  'save-torrent',
  'incomplete-dir',
  'move-to',
  'rename',
  'blocklist',
  'allow',
  'bind',
  'proxy',
  'json',
  'verbose',
]);

const plain = (value: unknown): boolean =>
  ['string', 'number', 'boolean'].includes(typeof value) || (Array.isArray(value) && value.every(plain));

const nodesOf = (given: Given): Pick<Session, 'nodes'> => {
  const saved = flag(given, 'no-dht') ? undefined : loadNodes(text(given, 'node-file') ?? defaultNodeFile());
  return saved === undefined ? {} : { nodes: base64(encodeSavedNodes(saved)) };
};

const recordedJob = ({ source, torrent, trackers, peers }: Job): RecordedJob => ({
  ...(torrent ? { torrent: base64(encodeOriginal(torrent)) } : { magnet: formatMagnet(source as MagnetLink) }),
  trackers,
  peers: peers.map(({ host, port, source }) => ({ host, port, source })),
});

const sessionOf = (given: Given, jobs: readonly Job[], seeds: boolean): Session => ({
  command: seeds ? 'seed' : 'download',
  given: {
    ...Object.fromEntries(Object.entries(given).filter(([name, value]) => !LOCAL.has(name) && plain(value))),
    // What followed from the proxy, of which nothing is recorded.
    ...(given['proxy'] !== undefined && { 'no-lsd': true, 'no-listen': given['port'] === undefined }),
  },
  jobs: jobs.map(recordedJob),
  ...nodesOf(given),
});

/** @throws InputError, Malformed */
export const sourceOf = ({ torrent, magnet }: RecordedJob): Torrent | MagnetLink =>
  torrent === undefined ? parseMagnet(String(magnet)) : parseTorrent(Buffer.from(torrent, 'base64'));

/** @throws InputError for a recording that was not made by `download` or `seed` */
export const asSession = (session: unknown): Session => {
  const of = isObject(session) ? session : {};
  if (['download', 'seed'].includes(String(of['command'])) && isObject(of['given']) && Array.isArray(of['jobs']))
    return session as Session;
  throw new InputError('bad-option', 'it was not recorded by rxtorrent download or seed: replay it with the library');
};

/** A world that nobody records. */
export const untaped = <E extends Env>(env: E): Tape<E> => ({
  env,
  inside: (source) => source,
  input: (source) => source,
});

/** Parts that a recording with a limit is in: what is dropped at one time is one of them. */
const LEAST_PARTS = 8;

const recordLimit = (given: Given): number | undefined => size(given, 'record-limit', 2 ** 16, 2 ** 50);

/** Refuses early what can't be recorded. @throws InputError, StorageError */
export const checkRecord = (given: Given): void => {
  const path = text(given, 'record');
  if (path === undefined && flag(given, 'mask'))
    throw new InputError('bad-option', '--mask says how to record: give --record, too');
  if (path === undefined && recordLimit(given) !== undefined)
    throw new InputError('bad-option', '--record-limit says how to record: give --record, too');
  if (path === undefined) return;
  const refused = (why: string): InputError => new InputError('bad-option', `--record: ${why}`);
  if (flag(given, 'watch')) throw refused('how a strategy changes is not recorded: leave out --watch');
  if (flag(given, 'choose')) throw refused('what is chosen from a list is not recorded: name the files with --files');
  mayWrite(path, flag(given, 'force'));
  if (text(given, 'output') === '-') throw refused('what goes to stdout is not recorded: name a file with -o');
};

/** What all torrents of a command have in common. */
export interface Shared {
  readonly it: Client;
  readonly found: Discovery;
  readonly tape: Pick<Tape, 'inside' | 'input'>;
  /** The streams of a strategy are its own, not those that were recorded. */
  readonly live?: boolean;
}

/** Of a world that is recorded if `--record` says so. */
export const sharedBy = (
  given: Given,
  env: Env,
  found: Discovery,
  within: Pick<ClientOptions, 'ports' | 'limits'>,
  { jobs, seeds }: { readonly jobs: readonly Job[]; readonly seeds: boolean },
  io: Io,
): Shared => {
  const path = text(given, 'record');
  if (path === undefined || jobs.length === 0) return sharedIn(untaped(env), found, within);
  const limit = recordLimit(given);
  const sink = recordFile(path, { force: flag(given, 'force'), limit, say: io.say });
  const part = limit === undefined ? {} : { part: Math.ceil(limit / LEAST_PARTS) };
  const tape = record(env, sink, { session: sessionOf(given, jobs, seeds), mask: flag(given, 'mask'), ...part });
  return sharedIn(tape, discovery(given, tape.env), within);
};

export const sharedIn = (tape: Tape, found: Discovery, within: Pick<ClientOptions, 'ports' | 'limits'>): Shared => {
  const { dht$ } = found;
  return { it: client(tape.env, { ...within, ...(dht$ && { dht$ }) }), found, tape };
};

/** What is asked for of one torrent. */
export interface Asked {
  readonly settings: Plan['settings'];
  readonly seeding: SeedOptions | undefined;
  readonly limits: Limits;
  readonly placed: (torrent: Torrent) => Observable<Target>;
  readonly opened?: Plan['opened'];
}

/** Streams of a strategy whose values are plain: they are recorded, since they may come from anywhere. */
const PLAIN = [
  'maxPeers',
  'slots',
  'endgame',
  'pause$',
  'peers$',
] as const satisfies readonly (keyof Plan['settings'])[];

const recordedStreams = (settings: Plan['settings'], tape: Pick<Tape, 'input'>): Partial<Plan['settings']> => {
  const recordedIn = (values: object, names: readonly string[]) =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value: unknown = values[name as never];
        return isObservable(value) ? [[name, tape.input(value)]] : [];
      }),
    );
  const { sources } = settings;
  return {
    ...recordedIn(settings, PLAIN),
    ...(sources !== undefined &&
      !isObservable(sources) && { sources: { ...sources, ...recordedIn(sources, Object.keys(sources)) } }),
  };
};

/** The download of one torrent: the same whether it is done, recorded or replayed. */
export const downloadOf = (
  { it, tape, found, live = false }: Shared,
  { source, peers, trackers }: Pick<Job, 'source' | 'peers' | 'trackers'>,
  { settings, seeding, limits, placed, opened = () => {} }: Asked,
): Observable<DownloadEvent> => {
  const { lsd, peers: named = [], pex } = found;
  const { select } = settings;
  return tape.inside(
    it
      .open(source, {
        ...settings,
        ...(!live && recordedStreams(settings, tape)),
        ...(typeof select === 'function' && { select: (torrent) => tape.input(select(torrent)) }),
        limits,
        lsd,
        peers: [...named, ...peers],
        pex,
        trackers,
        target: { folder: '.' },
        placed: (torrent) => tape.input(placed(torrent)),
        ...(seeding && { seed: seeding }),
      })
      .pipe(
        switchMap((running) => {
          opened(running);
          return running.events$;
        }),
      ),
  );
};
