import type { Torrent } from '../../torrent/metainfo.ts';
import type { Given, Io } from '../io.ts';
import { readMagnet } from '../sought.ts';
import { readTorrent } from '../source.ts';
import { said } from '../stdin.ts';
import { flag } from '../values.ts';
import { jsonLine, visible } from '../views/text.ts';
import { bytes, counted } from '../views/units.ts';

/** Piece hashes that a person is shown on a terminal without asking for all. */
const SHOWN_HASHES = 20;

/** The year 10000. */
const LAST_DATE = 253_402_300_800;

const hex = (part: Uint8Array): string => Buffer.from(part).toString('hex');

const hashes = ({ pieceHashes }: Torrent): readonly string[] => {
  const all: string[] = [];
  for (let at = 0; at < pieceHashes.length; at += 20) all.push(hex(pieceHashes.subarray(at, at + 20)));
  return all;
};

/** `1234567` → `1,234,567`; `Intl` would take longer to load than all the rest. */
const format = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

/** The torrent as one JSON object. */
export const infoObject = (torrent: Torrent, withPieces: boolean): object => ({
  name: torrent.name,
  infoHash: hex(torrent.infoHash),
  pieceLength: torrent.pieceLength,
  pieceCount: torrent.pieceHashes.length / 20,
  length: torrent.length,
  private: torrent.private,
  announce: torrent.announce,
  webSeeds: torrent.webSeeds,
  files: torrent.files.map(({ path, length, padding }) => ({ path: path.join('/'), length, ...(padding && { padding }) })),
  comment: torrent.comment,
  createdBy: torrent.createdBy,
  creationDate: torrent.creationDate,
  ...(withPieces && { pieceHashes: hashes(torrent) }),
});

const date = (seconds: number): string => {
  // Some torrents have milliseconds: what is beyond the year 9999 is shown as it is.
  if (seconds >= LAST_DATE) return String(seconds);
  return new Date(seconds * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC');
};

const facts = (torrent: Torrent): readonly string[] => {
  const { name, length, comment, createdBy, creationDate, source, webSeeds } = torrent;
  const lines = [`Name: ${visible(name)}`, `Size: ${bytes(length)} in ${counted(torrent.pieceHashes.length / 20, 'piece')}`];
  if (torrent.private) lines.push('Private: yes');
  if (comment) lines.push(`Comment: ${visible(comment)}`);
  if (createdBy) lines.push(`Created By: ${visible(createdBy)}`);
  if (creationDate !== undefined) lines.push(`Creation Date: ${date(creationDate)}`);
  if (source) lines.push(`Source: ${visible(source)}`);
  for (const url of webSeeds) lines.push(`Web Seed: ${visible(url)}`);
  return lines;
};

/** The torrent as lines for people; `limit` cuts the list of hashes. */
export const infoLines = (torrent: Torrent, limit: number): readonly string[] => {
  const trackers = torrent.announce.flat();
  const all = hashes(torrent);
  const shown = all.length > limit ? [...all.slice(0, limit), `… and ${all.length - limit} more (--pieces shows all)`] : all;
  const files = torrent.files.filter(({ padding }) => !padding);
  const widest = Math.max(0, ...files.map(({ length }) => format(length).length));
  return [
    ...(trackers.length > 0 ? trackers : ['none']).map((url) => `Tracker URL: ${visible(url)}`),
    `Length: ${torrent.length}`,
    `Info Hash: ${hex(torrent.infoHash)}`,
    `Piece Length: ${torrent.pieceLength}`,
    'Piece Hashes:',
    ...shown,
    ...facts(torrent),
    `Files: ${files.length}`,
    ...files.map(({ path, length }) => `  ${format(length).padStart(widest)}  ${visible(path.join('/'))}`),
  ];
};

/** `rxtorrent info`. */
export const info = async (given: Given, io: Io): Promise<void> => {
  const source = await said(String(given['source']), io);
  const magnet = readMagnet(source);
  // Whoever reads a file waits for nothing of the network.
  const torrent = magnet ? await (await import('../fetched.ts')).fetched(magnet, given, io) : await readTorrent(source, io);
  const all = flag(given, 'pieces');
  if (flag(given, 'json')) io.print(jsonLine(infoObject(torrent, all)));
  else io.print(infoLines(torrent, all || !process.stdout.isTTY ? Number.POSITIVE_INFINITY : SHOWN_HASHES).join('\n'));
};
