import { basename, join, resolve } from 'node:path';
import { create as createTorrent, type CreateOptions } from '../../create.ts';
import { filePlaces } from '../../disk/files/filePlaces.ts';
import type { TorrentVersion } from '../../contracts/storage.ts';
import type { Created, CreateEvent, Hashed, Warning } from '../../contracts/events.ts';
import { InputError } from '../../contracts/errors.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { MAX_PIECE_LENGTH } from '../../torrent/metainfo/limits.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { isPieceLength } from '../../torrent/metainfo/pieceLength.ts';
import { follow } from '../io/follow.ts';
import type { Given, Io } from '../io/io.ts';
import { madeLines, madeObject } from '../input/made.ts';
import { lookAt, mayWrite, writeNew } from '../input/newFile.ts';
import { toStdout } from '../io/stdout.ts';
import { date, flag, oneOf, size, text, texts, trackerAddress, webSeedAddress } from '../args/values.ts';
import { type Live, live } from '../views/live.ts';
import { hashingLines } from '../views/progress.ts';
import { visible } from '../io/text.ts';
import { counted } from '../io/units.ts';
import { loggedWorld } from '../log/loggedWorld.ts';

const SMALLEST_PIECE = 16_384;

const pieceLengthOf = (given: Given): number | undefined => {
  const pieceLength = size(given, 'piece-length', SMALLEST_PIECE, MAX_PIECE_LENGTH);
  if (pieceLength === undefined || isPieceLength(pieceLength)) return pieceLength;
  throw new InputError(
    'bad-option',
    `--piece-length ${text(given, 'piece-length')}: expected a power of two, for example 256K or 1M`,
  );
};

const versionOf = (given: Given): TorrentVersion => {
  const [version = 'v1', ...others] = (['v1', 'v2', 'hybrid'] as const).filter((each) => flag(given, each));
  if (others.length === 0) return version;
  throw new InputError('bad-option', `--${version} and --${others[0]}: choose one`);
};

const optionsOf = (given: Given): CreateOptions => {
  const known = {
    name: text(given, 'name'),
    pieceLength: pieceLengthOf(given),
    comment: text(given, 'comment'),
    source: text(given, 'source'),
    creationDate: date(given, 'date', Date.now()),
    links: oneOf(given, 'links', ['refuse', 'skip', 'follow'] as const),
  };
  return {
    ...(Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) as CreateOptions),
    trackers: texts(given, 'tracker').map((tier) => tier.split(',').map((url) => trackerAddress('tracker', url))),
    webSeeds: texts(given, 'web-seed').map((url) => webSeedAddress('web-seed', url)),
    private: flag(given, 'private'),
    padding: flag(given, 'padding'),
    version: versionOf(given),
  };
};

/**
 * Where the .torrent goes: `NAME.torrent` in this folder, or in the one that `--output` names; undefined is stdout.
 * @throws InputError
 */
const outputOf = (given: Given, name: string): string | undefined => {
  const output = text(given, 'output');
  if (output === '-' && flag(given, 'json'))
    throw new InputError('bad-option', 'create: -o - and --json both want stdout: name a file');
  if (output === '-') return undefined;
  const file = `${name}.torrent`;
  if (output === undefined) return resolve(file);
  const folder = /[/\\]$/.test(output) || lookAt(output)?.isDirectory();
  return folder ? join(resolve(output), file) : resolve(output);
};

/**
 * Warns of names that Windows can't have: a user who downloads there gets other names. The name of a single file is
 * that user's choice.
 */
const renamed = (torrent: Torrent): string | undefined => {
  if (torrent.layout === 'file') return undefined;
  const changed = filePlaces(torrent, 'win32').filter((place) => place.renamed);
  const [first] = changed;
  if (!first) return undefined;
  const example = `${first.originalPath} becomes ${first.path} there`;
  const names = counted(changed.length, 'name');
  return `${names} that Windows can't have (${example}): rename and create again if that matters`;
};

/** Reports progress until the torrent is made: as objects with `--json`, otherwise as a progress bar for the user. */
const telling = (view: Live, { json }: Io, quiet: boolean): ((event: Hashed | Warning) => void) => {
  const began = performance.now();
  return (event) => {
    json?.tell(event);
    if (event.type === 'warning') {
      if (json === undefined && !quiet) view.say(`warning: ${visible(event.message)}`);
      return;
    }
    const moment = { ...event, elapsed: performance.now() - began };
    view.show({ lines: (width) => hashingLines(moment, width), line: () => hashingLines(moment, 100).join('') });
  };
};

/** The final report, for the user or a program; without `output` the .torrent itself goes to stdout. */
const finish = async ({ torrent, bytes }: Created, output: string | undefined, io: Io, quiet: boolean) => {
  if (output === undefined) await toStdout(bytes);
  if (io.json && output !== undefined) io.json.tell(madeObject(torrent, output), toHex(torrent.infoHash));
  else if (!quiet) (output === undefined ? io.say : io.print)(madeLines(torrent, output ?? 'stdout').join('\n'));
};

/** `rxtorrent create`: writes the .torrent as a whole, at the end, or not at all. */
export const create = async (given: Given, io: Io): Promise<void> => {
  const source = String(given['path']);
  // A pipe has no name, and its length is unknown until it ends.
  if (source === '-')
    throw new InputError(
      'bad-option',
      'create: a torrent cannot be made from a pipe: save the content to a file and name that file',
    );
  const options = optionsOf(given);
  const force = flag(given, 'force');
  const quiet = flag(given, 'quiet');
  const output = outputOf(given, options.name ?? basename(resolve(source)));
  io.json?.start({ sources: [source], ...(output !== undefined && { target: output }) });
  if (output !== undefined) mayWrite(output, force);
  let say = io.say;
  const env = await loggedWorld(given, (line) => say(line));
  const view = await live(io, `hashing ${visible(source)}`, quiet || io.json !== undefined);
  say = (line) => view.say(line);
  const tell = telling(view, io, quiet);
  let made: Created | undefined;
  const see = (event: CreateEvent): void => {
    if (event.type !== 'created') return tell(event);
    if (output !== undefined) writeNew(output, event.bytes, force);
    made = event;
    const message = renamed(event.torrent);
    if (message !== undefined) tell({ type: 'warning', code: 'renamed', message });
  };
  try {
    await follow(createTorrent(source, env, { ...options, ...(output !== undefined && { except: output }) }), io, see);
  } finally {
    view.end();
  }
  if (made) await finish(made, output, io, quiet);
};
