import { InputError } from '../../contracts/errors.ts';
import type { Target } from '../../contracts/storage.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { prioritiesOf } from '../choice/prioritising.ts';
import { selecting } from '../choice/selecting.ts';
import { downloadToStdout } from './downloadToStdout.ts';
import type { Given, Io } from '../io/io.ts';
import { seedingOf, slotsOf } from '../input/seedOptions.ts';
import type { Plan } from '../run/plan.ts';
import { runTorrents } from '../run/runTorrents.ts';
import { checkRecord } from '../run/session.ts';
import { strategyOf } from '../input/strategy.ts';
import { webSeedsOf } from '../input/discoveryOptions.ts';
import { placing } from '../input/placing.ts';
import { similarIn } from '../input/similar.ts';
import { targetOf } from '../input/target.ts';
import { byPriority, firstBy, inOrder } from '../../torrent/picker/pieceOrder.ts';
import { checkStdin } from '../input/stdin.ts';
import { flag, oneOf, size, text, wholeNumber } from '../args/values.ts';

const MiB = 2 ** 20;

/** The options, checked as far as possible without the torrent; `say` is told what changes of them later. */
export const downloadSettings = async (
  given: Given,
  say: (line: string) => void = () => undefined,
): Promise<Plan['settings']> => {
  const order = oneOf(given, 'order', ['rarest', 'sequential']);
  const maxPeers = wholeNumber(given, 'max-peers', 1, 1000);
  const memory = size(given, 'memory', MiB, 16_384 * MiB);
  return {
    recheck: flag(given, 'recheck'),
    ...slotsOf(given),
    ...(order === 'sequential' && { order: firstBy(byPriority, inOrder) }),
    ...(maxPeers && { maxPeers }),
    ...(memory && { memory }),
    webSeeds: webSeedsOf(given),
    ...(await prioritiesOf(given, say)),
    ...(await strategyOf(given, say)),
  };
};

/** The path of the .torrent to save; for a single download only. */
export const saveTorrentOf = (given: Given, torrents: number): string | undefined => {
  const path = text(given, 'save-torrent');
  if (path === '-') throw new InputError('bad-option', '--save-torrent -: the result goes to stdout: name a file');
  if (path !== undefined && torrents !== 1)
    throw new InputError('bad-option', `--save-torrent ${path}: there are ${torrents} torrents: name one at a time`);
  return path;
};

/** How both commands choose files: if possible, the user is asked before anything else begins. */
export const chosenOf = (
  given: Given,
  io: Io,
  sources: readonly string[],
  targetOf: Plan['targetFor'],
): Pick<Plan, 'targetFor'> & Pick<Plan['settings'], 'select'> => {
  const chosen = selecting(given, io, sources);
  const targetFor = async (torrent: Torrent): Promise<Target> => {
    const target = await targetOf(torrent);
    await chosen?.ask(torrent);
    return target;
  };
  return { targetFor, ...(chosen && { select: chosen.select }) };
};

/** `rxtorrent dht`: a download whose only source of peers is the DHT. */
export const dht = (given: Given, io: Io): Promise<void> =>
  download({ ...given, 'no-trackers': true, 'no-lsd': true, 'no-pex': true, 'no-web-seeds': true }, io);

/** `rxtorrent download`. Unless `kept`, the data is thrown away when the download is interrupted. */
export const download = async (
  given: Given,
  io: Io,
  around: Pick<Plan, 'kept' | 'around'> = { kept: true },
): Promise<void> => {
  const torrents = [given['source'] ?? []].flat().map(String);
  checkStdin(torrents);
  checkRecord(given);
  const output = text(given, 'output');
  const saveTorrent = saveTorrentOf(given, torrents.length);
  const settings = await downloadSettings(given, io.say);
  const place = placing(given);
  if (output === '-') return downloadToStdout(given, io, torrents, { settings, saveTorrent });
  // Several torrents can't be one file.
  const into = output === undefined || torrents.length === 1 ? output : `${output}/`;
  const force = flag(given, 'force');
  const similar = await similarIn(given, io);
  const { targetFor, ...chosen } = chosenOf(given, io, torrents, async (torrent) => ({
    ...place(torrent, await targetOf(torrent, into)),
    ...similar(torrent),
    force,
  }));
  return runTorrents(given, io, torrents, {
    settings: { ...settings, ...chosen },
    seeding: seedingOf(given, false),
    targetFor,
    saveTorrent,
    ...around,
  });
};
