import { writeFile } from 'node:fs/promises';
import { type Observable, takeUntil, tap, timer } from 'rxjs';
import { diskError } from '../../disk/diskError.ts';
import type { DownloadEvent, PeerSource } from '../../env.ts';
import { InputError, InvariantError, StorageError } from '../../errors.ts';
import { fetchTorrent } from '../../fetchTorrent.ts';
import { sha1, toHex } from '../../protocol/id.ts';
import { Funnel } from '../../torrent/funnel.ts';
import type { Torrent } from '../../torrent/metainfo.ts';
import { discovery, trackersFor } from '../discovery.ts';
import { GaveUp } from '../exit.ts';
import { fetchPiece, type WholePiece } from '../fetchPiece.ts';
import { follow } from '../follow.ts';
import type { Given, Io } from '../io.ts';
import { mayWrite } from '../newFile.ts';
import { sought } from '../sought.ts';
import { flag, seconds, text, wholeNumber } from '../values.ts';
import { eventLine, hostPort, told } from '../views/events.ts';
import { funnelLines } from '../views/funnel.ts';
import { jsonLine, visible } from '../views/text.ts';
import { bytes } from '../views/units.ts';
import { worldOf } from '../world.ts';

/** Seconds until it is given up. */
const WITHIN = 60;
const MAX_PEERS = 50;

/** Where the piece goes; `-` is stdout. */
const outputOf = (given: Given): string => {
  const output = text(given, 'output');
  if (output === undefined) throw new InputError('bad-option', 'download_piece: -o is missing: the file to write, or - for stdout');
  if (output === '-' && flag(given, 'json')) throw new InputError('bad-option', 'download_piece: -o - and --json both want stdout: name a file');
  if (output !== '-') mayWrite(output, true);
  return output;
};

const indexOf = (given: Given, { pieceHashes }: Torrent): number => {
  const got = String(given['index']);
  const last = pieceHashes.length / 20 - 1;
  const index = /^\d{1,9}$/.test(got) ? Number(got) : Number.NaN;
  if (index >= 0 && index <= last) return index;
  throw new InputError('bad-option', `download_piece: piece ${JSON.stringify(got)}: expected a number from 0 to ${last}`);
};

const put = async (output: string, piece: Uint8Array): Promise<void> => {
  if (output === '-') {
    await new Promise<void>((resolve) => void process.stdout.write(piece, () => resolve()));
    return;
  }
  try {
    await writeFile(output, piece);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EISDIR') throw new InputError('bad-option', `--output ${visible(output)} is a folder: name the file to write`, { cause: error });
    throw error instanceof StorageError ? error : diskError('write', output, error);
  }
};

const pieceObject = ({ index, bytes: all, from }: WholePiece, path: string): object => ({
  type: 'piece',
  index,
  length: all.length,
  sha1: toHex(sha1(all)),
  path,
  from: from.map(({ host, port, source }) => ({ host, port, source })),
});

/** The one value of `source$`, if it comes in time. */
const awaited = async <T>(what: string, within: number, funnel: Funnel<PeerSource>, source$: Observable<T>, io: Io): Promise<T> => {
  let late = false;
  const found: T[] = [];
  await follow(source$.pipe(takeUntil(timer(within * 1000).pipe(tap(() => (late = true))))), io, (value) => void found.push(value));
  const [value] = found;
  if (value !== undefined) return value;
  const why = funnelLines({ type: 'funnel', sources: funnel.rows }).join('; ') || 'nobody was named';
  throw new GaveUp(
    late ? 'timeout' : 'no-peers',
    `${what} did not come${late ? ` within ${within} s` : ', and nobody is left to ask'} (${why}): try again later, or give another --tracker or --peer`,
  );
};

/** `rxtorrent download_piece`. */
export const downloadPiece = async (given: Given, io: Io): Promise<void> => {
  const output = outputOf(given);
  const within = seconds(given, 'timeout') ?? WITHIN;
  const port = wholeNumber(given, 'port', 1, 65_535) ?? 6881;
  const maxPeers = wholeNumber(given, 'max-peers', 1, 1000) ?? MAX_PEERS;
  const env = await worldOf(given, io.say);
  const who = discovery(given, env);
  const { findable, magnet, peers, torrent: known } = await sought(String(given['source']), env, io);
  if (known) indexOf(given, known);
  const named = { ...who, peers: [...(who.peers ?? []), ...peers] };
  const report = (event: DownloadEvent): void => {
    const line = eventLine(event, told(given, event));
    if (line !== undefined && !flag(given, 'quiet')) io.say(line);
  };
  const funnel = new Funnel<PeerSource>();
  const options = { ...named, trackers: trackersFor({ announce: [], private: false, ...findable }, named), port, maxPeers, report, funnel };
  const torrent = magnet ? await awaited('the metadata', within, funnel, fetchTorrent(magnet, env, options), io) : known;
  if (torrent === undefined) throw new InvariantError('neither a torrent nor a magnet link');
  const index = indexOf(given, torrent);
  const piece = await awaited(`piece ${index}`, within, funnel, fetchPiece(torrent, env, index, options), io);
  await put(output, piece.bytes);
  if (flag(given, 'json')) io.print(jsonLine(pieceObject(piece, output)));
  else if (output !== '-' && !flag(given, 'quiet')) {
    io.print(`Piece ${index}: ${bytes(piece.bytes.length)}, verified, from ${piece.from.map(hostPort).join(', ')}: written to ${visible(output)}`);
  }
};
