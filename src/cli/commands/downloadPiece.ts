import { writeFile } from 'node:fs/promises';
import type { Observable } from 'rxjs';
import { diskError } from '../../disk/errors/diskError.ts';
import type { PeerSource } from '../../contracts/network.ts';
import { InputError, InvariantError } from '../../contracts/errors.ts';
import { fetchTorrent } from '../../download/magnet/fetchTorrent.ts';
import { sha1, toHex } from '../../protocol/encoding/id.ts';
import { Funnel } from '../../torrent/stats/funnel.ts';
import { pieceCountOf } from '../../torrent/geometry.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { awaited } from '../run/awaited.ts';
import { Deadline } from '../io/deadline.ts';
import { fetchPiece, type WholePiece } from '../../download/fetchPiece.ts';
import type { Given, Io } from '../io/io.ts';
import { addressTold } from '../../contracts/json/jsonOf.ts';
import type { ToldAs } from '../../contracts/json/told.ts';
import { lookAt, mayWrite, writeNew } from '../input/newFile.ts';
import { lookup } from '../input/lookup.ts';
import type { SourceArgument } from '../input/sourceArgument.ts';
import { toStdout } from '../io/stdout.ts';
import { flag, seconds, text, wholeNumber } from '../args/values.ts';
import { hostPort } from '../views/events.ts';
import { live } from '../views/live.ts';
import { reporting } from '../views/report.ts';
import { visible } from '../io/text.ts';
import { bytes } from '../io/units.ts';

/** Seconds until the command gives up. */
const WITHIN = 60;
const MAX_PEERS = 50;

/** Where the piece goes; `-` is stdout. */
const outputOf = (given: Given): string => {
  const output = text(given, 'output');
  if (output === undefined)
    throw new InputError('bad-option', 'download_piece: -o is missing: the file to write, or - for stdout');
  if (output === '-' && flag(given, 'json'))
    throw new InputError('bad-option', 'download_piece: -o - and --json both want stdout: name a file');
  if (output !== '-') mayWrite(output, true);
  return output;
};

const indexOf = (given: Given, torrent: Torrent): number => {
  const got = String(given['index']);
  const last = pieceCountOf(torrent) - 1;
  const index = /^\d{1,9}$/.test(got) ? Number(got) : Number.NaN;
  if (index >= 0 && index <= last) return index;
  throw new InputError(
    'bad-option',
    `download_piece: piece ${JSON.stringify(got)}: expected a number from 0 to ${last}`,
  );
};

/** Writes the whole piece, or nothing. A device or pipe is written to directly: a file must not replace it. */
const put = async (output: string, piece: Uint8Array): Promise<void> => {
  if (output === '-') {
    await toStdout(piece);
    return;
  }
  if (lookAt(output)?.isFile() ?? true) return writeNew(output, piece, true);
  try {
    await writeFile(output, piece);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EISDIR')
      throw new InputError('bad-option', `--output ${visible(output)} is a folder: name the file to write`, {
        cause: error,
      });
    throw diskError('write', output, error);
  }
};

const pieceObject = ({ index, bytes: all, from }: WholePiece, path: string): ToldAs<'piece'> => ({
  type: 'piece',
  index,
  length: all.length,
  sha1: toHex(sha1(all)),
  path,
  from: from.map(addressTold),
});

const pieceLine = ({ index, bytes: all, from }: WholePiece, path: string): string =>
  `Piece ${index}: ${bytes(all.length)}, verified, from ${from.map(hostPort).join(', ')}: written to ${visible(path)}`;

/** `rxtorrent download_piece`. */
export const downloadPiece = async (given: Given, io: Io): Promise<void> => {
  const output = outputOf(given);
  const deadline = new Deadline(seconds(given, 'timeout') ?? WITHIN);
  const maxPeers = wholeNumber(given, 'max-peers', 1, 1000) ?? MAX_PEERS;
  const quiet = flag(given, 'quiet');
  let say = io.say;
  const checked = ({ torrent }: SourceArgument): unknown => torrent && indexOf(given, torrent);
  const it = await lookup(given, io, { say: (line) => say(line), target: output, checked });
  const { env, hash, findable, magnet, torrent: known, asked, port = 0 } = it;
  const name = visible(known?.name ?? magnet?.name ?? toHex(findable.infoHash));
  const view = await live(io, `piece ${visible(String(given['index']))} of ${name}`, quiet || io.json !== undefined);
  say = (line) => view.say(line);
  const report = reporting(given, { json: io.json, say: (line) => view.say(line) }, hash);
  const funnel = new Funnel<PeerSource>();
  const options = { ...asked, port, maxPeers, report, funnel };
  const found = <T>(what: string, source$: Observable<T>): Promise<T> =>
    awaited(source$, { missed: `${what} did not come`, given, deadline, funnel, view }, io);
  try {
    const torrent = magnet ? await found('the metadata', fetchTorrent(magnet, env, options)) : known;
    if (torrent === undefined) throw new InvariantError('neither a torrent nor a magnet link');
    const index = indexOf(given, torrent);
    const piece = await found(`piece ${index}`, fetchPiece(torrent, env, index, options));
    view.end();
    await put(output, piece.bytes);
    if (io.json) io.json.tell(pieceObject(piece, output), hash);
    else if (output !== '-' && !quiet) io.print(pieceLine(piece, output));
  } finally {
    view.end();
  }
};
