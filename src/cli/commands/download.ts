import { type DownloadOptions, download as downloadTorrent } from '../../download.ts';
import { defaultPace } from '../../discovery/pace.ts';
import { PORTS, reception } from '../../discovery/reception.ts';
import type { DownloadEvent, Env, FunnelSample, Progress, Target } from '../../env.ts';
import type { SeedOptions } from '../../seeding.ts';
import type { Torrent } from '../../torrent/metainfo.ts';
import type { SourceOptions } from '../../sources.ts';
import { byPriority, firstBy, inOrder } from '../../torrent/pieceOrder.ts';
import { discovery, trackersFor, trackersOf } from '../discovery.ts';
import { GaveUp } from '../exit.ts';
import { follow } from '../follow.ts';
import type { Given, Io } from '../io.ts';
import { limitsOf } from '../limits.ts';
import { Patience } from '../patience.ts';
import { seedingOf, slotsOf } from '../seeding.ts';
import { readTorrent } from '../source.ts';
import { existingTarget, placeOf, targetOf } from '../target.ts';
import { flag, oneOf, seconds, size, text, wholeNumber } from '../values.ts';
import { eventLine, eventObject, told } from '../views/events.ts';
import { funnelLines } from '../views/funnel.ts';
import { type Live, live } from '../views/live.ts';
import { paceLine } from '../views/pace.ts';
import { progressLine, progressLines } from '../views/progress.ts';
import { jsonLine, visible } from '../views/text.ts';
import { bytes, duration, rate } from '../views/units.ts';
import { worldOf } from '../world.ts';

const MiB = 2 ** 20;
/** Lines that are remembered, so that none is said twice in a row of hours. */
const SAID = 200;

type Settings = Omit<DownloadOptions, 'target' | keyof SourceOptions | 'pex'>;

/** What was asked for, checked; nothing of the torrent is needed for that. */
export const downloadSettings = (given: Given): Settings => {
  const order = oneOf(given, 'order', ['rarest', 'sequential']);
  const port = wholeNumber(given, 'port', 1, 65_535);
  const maxPeers = wholeNumber(given, 'max-peers', 1, 1000);
  const memory = size(given, 'memory', MiB, 16_384 * MiB);
  return {
    recheck: flag(given, 'recheck'),
    limits: limitsOf(given),
    ...slotsOf(given),
    ...(order === 'sequential' && { order: firstBy(byPriority, inOrder) }),
    ...(port && { port }),
    ...(maxPeers && { maxPeers }),
    ...(memory && { memory }),
  };
};

interface Viewer {
  readonly show: (event: DownloadEvent) => void;
  readonly end: () => void;
}

/** Shows each event in the form that was asked for. */
const viewer = (given: Given, io: Io, view: Live): Viewer => {
  if (flag(given, 'json')) return { show: (event) => io.print(jsonLine(eventObject(event))), end: () => view.end() };
  const verbose = flag(given, 'verbose');
  const said = new Set<string>();
  let funnel: FunnelSample = { type: 'funnel', sources: [] };
  if (verbose) view.say(paceLine(defaultPace));
  const show = (event: DownloadEvent): void => {
    if (event.type === 'funnel' && verbose) funnel = event;
    if (event.type === 'progress') {
      const lines = (width: number): readonly string[] => [...progressLines(event, width), ...funnelLines(funnel, width)];
      view.show({ lines, line: () => [progressLine(event), ...funnelLines(funnel)].join('\n  ') });
    }
    const line = eventLine(event, told(given, event));
    if (line === undefined || said.has(line)) return;
    if (said.size < SAID) said.add(line);
    view.say(line);
  };
  const end = (): void => {
    view.end();
    for (const line of funnelLines(funnel)) view.say(line);
  };
  return { show, end };
};

/** `rxtorrent dht`: a download that is told of peers by nobody else. */
export const dht = (given: Given, io: Io): Promise<void> => download({ ...given, 'no-trackers': true, 'no-lsd': true, 'no-pex': true }, io);

/** `rxtorrent download`. */
export const download = (given: Given, io: Io): Promise<void> =>
  share(given, io, seedingOf(given, false), (torrent) => targetOf(torrent, text(given, 'output')));

/** `rxtorrent seed`. */
export const seed = (given: Given, io: Io): Promise<void> =>
  share(given, io, { ...seedingOf(given, true), only: true }, (torrent) => existingTarget(torrent, String(given['path'])));

/** Where peers call us, if we have something to give for longer. */
const callable = (given: Given, env: Env): Pick<DownloadOptions, 'reception$'> => {
  const port = wholeNumber(given, 'port', 1, 65_535);
  return { reception$: reception(env, { ports: port === undefined ? PORTS : [port] }) };
};

const share = async (given: Given, io: Io, seeding: SeedOptions | undefined, targetFor: (torrent: Torrent) => Promise<Target>): Promise<void> => {
  const settings = downloadSettings(given);
  let say = io.say;
  const env = await worldOf(given, (line) => say(line));
  const found = discovery(given, env);
  const patience = new Patience(seconds(given, 'timeout'));
  const torrent = await readTorrent(String(given['torrent']));
  const target = await targetFor(torrent);
  const trackers = seeding === undefined ? trackersFor(torrent, found) : trackersOf(torrent, found);
  const silent = flag(given, 'quiet') || flag(given, 'json');
  const view = await live(io, visible(torrent.name), silent);
  say = (line) => view.say(line);
  const { show, end } = viewer(given, io, view);
  const began = performance.now();
  let last: Progress | undefined;
  let done: string | undefined;
  const complete = (): string => {
    const took = (performance.now() - began) / 1000;
    const got = last?.downloaded ?? 0;
    const how = got > 0 ? ` (${bytes(got)} in ${duration(took)}, ${rate(got / took)})` : ', all there already';
    return `${placeOf(torrent, target)}: complete, ${bytes(torrent.length)}${how}`;
  };
  const options = { ...settings, ...found, target, trackers, ...(seeding && { seed: seeding, ...callable(given, env) }) };
  try {
    await follow(
      downloadTorrent(torrent, env, options),
      io,
      (event) => {
        if (event.type === 'progress') last = event;
        patience.see(event);
        show(event);
        if (event.type !== 'done') return;
        done = complete();
        if (seeding && !silent) view.say(`${done}; seeding`);
      },
      patience.end$,
    );
  } finally {
    end();
  }
  if (done === undefined) throw new GaveUp('no-peers', `no peer left that could help: ${last?.reason ?? 'give another --tracker or --peer'}`);
  if (!silent) io.print(seeding && last ? `${placeOf(torrent, target)}: ${bytes(last.uploaded)} given, ratio ${last.ratio.toFixed(2)}` : done);
};
