import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { defer, finalize, of, throwError } from 'rxjs';
import { InputError } from '../../contracts/errors.ts';
import type { Target } from '../../contracts/storage.ts';
import type { Download } from '../../download/running/runningDownload.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { Geometry } from '../../torrent/geometry.ts';
import { numberedFiles } from '../../torrent/metainfo/fileNumbers.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { Deadlines } from '../../torrent/picker/deadlines.ts';
import { byDeadline, byPriority, firstBy, inOrder } from '../../torrent/picker/pieceOrder.ts';
import { text, wholeNumber } from '../args/values.ts';
import { seedingOf } from '../input/seedOptions.ts';
import { checkStdin } from '../input/stdin.ts';
import { placing } from '../input/placing.ts';
import { similarIn } from '../input/similar.ts';
import { targetOf } from '../input/target.ts';
import type { Given, Io } from '../io/io.ts';
import { visible } from '../io/text.ts';
import { counted } from '../io/units.ts';
import type { Plan } from '../run/plan.ts';
import { runTorrents } from '../run/runTorrents.ts';
import { checkRecord } from '../run/session.ts';
import { isPlayed } from '../stream/mediaType.ts';
import { playlistPath, type Site, siteOf } from '../stream/site.ts';
import { type Shown, streamServer } from '../stream/streamServer.ts';
import { downloadSettings, saveTorrentOf } from './download.ts';

/** Bytes of the secret in the path, where others can reach us. */
const SECRET = 16;
const LOOPBACK = '127.0.0.1';

/** The index of the file that `--file` names. @throws InputError */
const fileOf = (given: Given, torrent: Torrent): number | undefined => {
  const number = wholeNumber(given, 'file', 1, 1_000_000);
  if (number === undefined) return undefined;
  const files = numberedFiles(torrent);
  const index = files[number - 1];
  if (index !== undefined && (torrent.files[index]?.length ?? 0) > 0) return index;
  const what = index === undefined ? `there are ${counted(files.length, 'file')}` : 'it is empty';
  throw new InputError('bad-option', `--file ${number}: ${what}: see rxtorrent info`);
};

/** Reads for a player: its position sets what is due. */
const readingBy =
  (running: () => Download | undefined, torrent: Torrent, deadlines: Deadlines): Shown['read'] =>
  (file, range) => {
    const download = running();
    const { offset = 0, length = 0 } = torrent.files[file] ?? {};
    const { start = 0, end = length } = range;
    const [first, last] = new Geometry(torrent).piecesOf(offset + start, end - start);
    if (download === undefined) return throwError(() => new InputError('bad-option', 'nothing is being downloaded'));
    return defer(() => {
      const over = deadlines.reads({ first, last });
      return download.read(file, range).pipe(finalize(over));
    });
  };

/** The files that a player is given: what can be played, if anything can. */
const shownOf = (given: Given, torrent: Torrent): ((index: number) => boolean) => {
  const only = fileOf(given, torrent);
  if (only !== undefined) return (index) => index === only;
  const played = (index: number): boolean => isPlayed(torrent.files[index]?.path.at(-1) ?? '');
  return numberedFiles(torrent).some(played) ? played : () => true;
};

const tell = (site: Site, { json, print }: Io): string => {
  const several = site.files.length > 1;
  const [first] = site.files;
  const url = `${site.origin}${several ? playlistPath(site) : (first?.path ?? site.root)}`;
  const files = site.files.map(({ number, path, length, type }) => ({
    file: number,
    url: `${site.origin}${path}`,
    length,
    mediaType: type,
  }));
  if (json) json.tell({ type: 'stream', url, files });
  else print([url, ...(several ? files.map((file) => `${file.file}  ${file.url}`) : [])].join('\n'));
  return url;
};

/** Opens the player that the user has named; what follows its name is given to it, too. */
const play = (player: string, url: string, io: Io): void => {
  const [program = '', ...args] = player.trim().split(/\s+/);
  const child = spawn(program, [...args, url], { stdio: 'ignore' });
  child.on('error', ({ message }) => io.say(`cannot start ${visible(program)}: ${visible(message)}: open ${url}`));
  io.stopped.addEventListener('abort', () => child.kill(), { once: true });
};

const outputOf = (given: Given): string | undefined => {
  const output = text(given, 'output');
  if (output === '-')
    throw new InputError('bad-option', '--output -: what is streamed is kept in a file: name a folder');
  return output;
};

/** What is due comes first, and what follows it. */
const settingsOf = (given: Given, settings: Plan['settings'], deadlines: Deadlines): Plan['settings'] => ({
  ...settings,
  order: firstBy(byPriority, byDeadline(deadlines), inOrder),
  select: (torrent) => {
    const file = fileOf(given, torrent);
    return of(file === undefined ? undefined : [[file, file]]);
  },
});

/**
 * `rxtorrent stream`: a download that is served over HTTP while it comes, for players and browsers. What a player reads
 * is fetched first. It goes on to serve, and to seed, when all is there.
 */
export const stream = async (given: Given, io: Io): Promise<void> => {
  const source = String(given['source']);
  checkStdin([source]);
  checkRecord(given);
  const saveTorrent = saveTorrentOf(given, 1);
  const deadlines = new Deadlines();
  const settings = settingsOf(given, await downloadSettings(given, io.say), deadlines);
  const host = text(given, 'host');
  const output = outputOf(given);
  const place = placing(given);
  const similar = await similarIn(given, io);
  const seeding = seedingOf(given, true) ?? {};
  const port = wholeNumber(given, 'http-port', 1, 65_535) ?? 0;
  const server = await streamServer({ host: host ?? LOOPBACK, port, crowded: io.say });
  let running: Download | undefined;
  const show = (torrent: Torrent): void => {
    if (server.shown !== undefined) return;
    const root = host === undefined ? '/' : `/${toHex(randomBytes(SECRET))}/`;
    const site = siteOf(server.origin, root, torrent, shownOf(given, torrent));
    server.shown = { site, read: readingBy(() => running, torrent, deadlines) };
    const [url, player] = [tell(site, io), text(given, 'player')];
    if (player !== undefined) play(player, url, io);
  };
  const targetFor = async (torrent: Torrent): Promise<Target> => {
    const target = { ...place(torrent, await targetOf(torrent, output)), ...similar(torrent) };
    show(torrent);
    return target;
  };
  const opened = (download: Download): void => void (running = download);
  try {
    await runTorrents(given, io, [source], { settings, seeding, saveTorrent, targetFor, opened });
  } finally {
    server.close();
  }
};
