import { type DownloadOptions, download as downloadTorrent } from '../../download.ts';
import { defaultPace } from '../../discovery/pace.ts';
import type { DownloadEvent, FunnelSample, Progress } from '../../env.ts';
import type { SourceOptions } from '../../sources.ts';
import { byPriority, firstBy, inOrder } from '../../torrent/pieceOrder.ts';
import { discovery, trackersFor } from '../discovery.ts';
import { GaveUp } from '../exit.ts';
import { follow } from '../follow.ts';
import type { Given, Io } from '../io.ts';
import { limitsOf } from '../limits.ts';
import { Patience } from '../patience.ts';
import { readTorrent } from '../source.ts';
import { placeOf, targetOf } from '../target.ts';
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
export const download = async (given: Given, io: Io): Promise<void> => {
  const settings = downloadSettings(given);
  let say = io.say;
  const env = await worldOf(given, (line) => say(line));
  const found = discovery(given, env);
  const patience = new Patience(seconds(given, 'timeout'));
  const torrent = await readTorrent(String(given['torrent']));
  const target = await targetOf(torrent, text(given, 'output'));
  const trackers = trackersFor(torrent, found);
  const view = await live(io, visible(torrent.name), flag(given, 'quiet') || flag(given, 'json'));
  say = (line) => view.say(line);
  const { show, end } = viewer(given, io, view);
  const began = performance.now();
  let last: Progress | undefined;
  let done = false;
  const options = { ...settings, ...found, target, trackers };
  try {
    await follow(
      downloadTorrent(torrent, env, options),
      io,
      (event) => {
        if (event.type === 'progress') last = event;
        if (event.type === 'done') done = true;
        patience.see(event);
        show(event);
      },
      patience.end$,
    );
  } finally {
    end();
  }
  if (!done) throw new GaveUp('no-peers', `no peer left that could help: ${last?.reason ?? 'give another --tracker or --peer'}`);
  if (flag(given, 'quiet') || flag(given, 'json')) return;
  const took = (performance.now() - began) / 1000;
  const got = last?.downloaded ?? 0;
  io.print(
    `${placeOf(torrent, target)}: complete, ${bytes(torrent.length)}${got > 0 ? ` (${bytes(got)} in ${duration(took)}, ${rate(got / took)})` : ', all there already'}`,
  );
};
