import { basename, join, resolve } from 'node:path';
import { create as createTorrent, type CreateOptions } from '../../create.ts';
import { filePlaces } from '../../disk/files/filePlaces.ts';
import type { CreateEvent } from '../../contracts/events.ts';
import { InputError } from '../../contracts/errors.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { formatMagnet } from '../../torrent/metainfo/magnet.ts';
import { MAX_PIECE_LENGTH, type Torrent } from '../../torrent/metainfo/metainfo.ts';
import { isPieceLength } from '../../torrent/metainfo/pieceLength.ts';
import { follow } from '../io/follow.ts';
import type { Given, Io } from '../io/io.ts';
import type { ToldAs } from '../json/told.ts';
import { lookAt, mayWrite, writeNew } from '../input/newFile.ts';
import { toStdout } from '../io/stdout.ts';
import { date, flag, oneOf, size, text, texts, trackerAddress, webSeedAddress } from '../args/values.ts';
import { live } from '../views/live.ts';
import { hashingLines } from '../views/progress.ts';
import { visible } from '../io/text.ts';
import { bytes, counted } from '../io/units.ts';
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

const magnetOf = ({ infoHash, name, length, announce, webSeeds }: Torrent): string =>
  formatMagnet({ infoHash, name, length, announce, webSeeds, peers: [], sources: [] });

const resultObject = (torrent: Torrent, path: string): ToldAs<'created'> => ({
  type: 'created',
  path,
  infoHash: toHex(torrent.infoHash),
  name: torrent.name,
  length: torrent.length,
  files: torrent.files.filter(({ padding }) => !padding).length,
  pieceLength: torrent.pieceLength,
  pieceCount: torrent.pieceHashes.length / 20,
  private: torrent.private,
  magnet: magnetOf(torrent),
});

const resultLines = (torrent: Torrent, path: string): readonly string[] => {
  const files = counted(torrent.files.filter(({ padding }) => !padding).length, 'file');
  const pieces = counted(torrent.pieceHashes.length / 20, 'piece');
  return [
    `${visible(path)}: ${bytes(torrent.length)} in ${files}, ${pieces} of ${bytes(torrent.pieceLength)}`,
    `Info Hash: ${toHex(torrent.infoHash)}`,
    magnetOf(torrent),
  ];
};

/**
 * A word about names that Windows can't have: whoever downloads there gets others. The name of a single file is theirs
 * to choose.
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

/** `rxtorrent create`: writes the .torrent as a whole, in the end, or not at all. */
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
  const { json } = io;
  const quiet = flag(given, 'quiet');
  const output = outputOf(given, options.name ?? basename(resolve(source)));
  json?.start({ sources: [source], ...(output !== undefined && { target: output }) });
  if (output !== undefined) mayWrite(output, force);
  let say = io.say;
  const env = await loggedWorld(given, (line) => say(line));
  const view = await live(io, `hashing ${visible(source)}`, quiet || json !== undefined);
  say = (line) => view.say(line);
  const began = performance.now();
  let torrent: Torrent | undefined;
  let encoded: Uint8Array = new Uint8Array();
  const see = (event: CreateEvent): void => {
    if (event.type === 'created') {
      if (output !== undefined) writeNew(output, event.bytes, force);
      ({ torrent, bytes: encoded } = event);
      const message = renamed(torrent);
      if (message !== undefined) see({ type: 'warning', code: 'renamed', message });
      return;
    }
    json?.tell(event);
    if (event.type === 'warning')
      return void (json !== undefined || quiet || view.say(`warning: ${visible(event.message)}`));
    const moment = { ...event, elapsed: performance.now() - began };
    view.show({ lines: (width) => hashingLines(moment, width), line: () => hashingLines(moment, 100).join('') });
  };
  try {
    await follow(createTorrent(source, env, { ...options, ...(output !== undefined && { except: output }) }), io, see);
  } finally {
    view.end();
  }
  if (!torrent) return;
  if (output === undefined) await toStdout(encoded);
  if (json && output !== undefined) json.tell(resultObject(torrent, output), toHex(torrent.infoHash));
  else if (!quiet) (output === undefined ? io.say : io.print)(resultLines(torrent, output ?? 'stdout').join('\n'));
};
