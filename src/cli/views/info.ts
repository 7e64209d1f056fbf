import { type FilePlace, filePlaces } from '../../disk/files/filePlaces.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { contentLength, numberedFiles, numbersOf } from '../../torrent/metainfo/fileNumbers.ts';
import { formatMagnet } from '../../torrent/metainfo/magnet.ts';
import { pieceCountOf } from '../../torrent/geometry.ts';
import { hashLengthOf, type Torrent } from '../../torrent/metainfo/metainfo.ts';
import { formatSelection, selects, type Span } from '../../torrent/metainfo/selection.ts';
import type { ToldAs } from '../../contracts/json/told.ts';
import { fileTree } from './fileTree.ts';
import { visible } from '../io/text.ts';
import { bytes, counted } from '../io/units.ts';

/** Piece hashes that are shown without `--pieces`. */
export const SHOWN_HASHES = 20;
/** Trackers in the link: each can be as long as the longest line. */
const LINK_TRACKERS = 20;
/** Spans of chosen files that are listed, and that go into a link. */
const LISTED_SPANS = 20;
const LINK_SPANS = 1000;
/** The year 10000. */
const LAST_DATE = 253_402_300_800;

/** The chosen files, as indices in `torrent.files`; undefined without a choice. */
type Selection = readonly Span[] | undefined;

const hashes = (torrent: Torrent, limit: number): readonly string[] => {
  const size = hashLengthOf(torrent);
  return Array.from({ length: Math.min(limit, pieceCountOf(torrent)) }, (_, piece) =>
    toHex(torrent.pieceHashes.subarray(piece * size, (piece + 1) * size)),
  );
};

/** The link that stands for the torrent, and for what is chosen of it. */
const linkOf = (torrent: Torrent, select: Selection): string => {
  const { infoHash, infoHashV2, name, pieceSizes, announce, webSeeds } = torrent;
  return formatMagnet({
    infoHash,
    ...(infoHashV2 && { infoHashV2 }),
    name,
    length: pieceSizes ? contentLength(torrent) : torrent.length,
    announce: announce
      .flat()
      .slice(0, LINK_TRACKERS)
      .map((url) => [url]),
    webSeeds,
    peers: [],
    sources: [],
    ...(select && select.length <= LINK_SPANS && { select }),
  });
};

/** What only fills up pieces; in version 2 nothing does. */
const paddingOf = (torrent: Torrent): number => (torrent.pieceSizes ? 0 : torrent.length - contentLength(torrent));

const fileObject = (
  { length, padding, attributes, link, root }: Torrent['files'][number],
  { path, originalPath }: FilePlace,
): ToldAs<'info'>['files'][number] => {
  if (padding) return { originalPath, length, padding };
  return {
    path,
    originalPath,
    length,
    ...(attributes.includes('l') && { symlink: link?.join('/') ?? true }),
    ...(attributes.includes('x') && { executable: true }),
    ...(attributes.includes('h') && { hidden: true }),
    ...(root && { root: toHex(root) }),
  };
};

/** The torrent as one JSON object. `length` is that of its content; what only fills up pieces is `paddingLength`. */
export const infoObject = (torrent: Torrent, withPieces: boolean, selection: Selection): ToldAs<'info'> => {
  const places = filePlaces(torrent);
  const selected = selects(selection);
  const length = contentLength(torrent);
  const pieceCount = pieceCountOf(torrent);
  const path = places.find(({ path }) => path !== '')?.path.split('/')[0];
  let number = 0;
  return {
    type: 'info',
    name: torrent.name,
    ...(path !== undefined && { path }),
    infoHash: toHex(torrent.infoHash),
    ...(torrent.infoHashV2 && { infoHashV2: toHex(torrent.infoHashV2) }),
    magnet: linkOf(torrent, selection),
    pieceLength: torrent.pieceLength,
    pieceCount,
    length,
    ...(paddingOf(torrent) > 0 && { paddingLength: paddingOf(torrent) }),
    private: torrent.private,
    announce: torrent.announce,
    webSeeds: torrent.webSeeds,
    files: torrent.files.map((file, at) => ({
      ...(!file.padding && { number: ++number }),
      ...fileObject(file, places[at] ?? { path: '', originalPath: file.path.join('/'), renamed: false }),
      ...(selection && !file.padding && { selected: selected(at) }),
    })),
    ...(torrent.comment !== undefined && { comment: torrent.comment }),
    ...(torrent.createdBy !== undefined && { createdBy: torrent.createdBy }),
    ...(torrent.creationDate !== undefined && { creationDate: torrent.creationDate }),
    ...(torrent.source !== undefined && { source: torrent.source }),
    ...(withPieces && { pieceHashes: hashes(torrent, pieceCount) }),
  };
};

const date = (seconds: number): string => {
  // Some torrents have milliseconds: what is beyond the year 9999 is shown as it is.
  if (seconds >= LAST_DATE) return String(seconds);
  return new Date(seconds * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC');
};

const facts = (torrent: Torrent, places: readonly FilePlace[], selection: Selection): readonly string[] => {
  const { name, comment, createdBy, creationDate, source, webSeeds } = torrent;
  const length = contentLength(torrent);
  const padding = paddingOf(torrent) > 0 ? ` and ${bytes(paddingOf(torrent))} of padding` : '';
  const lines = [`Name: ${visible(name)}`];
  const [becomes = name] = places.find(({ path }) => path !== '')?.path.split('/') ?? [];
  if (becomes !== name) lines.push(`Saved As: ${visible(becomes)}`);
  lines.push(
    `Size: ${bytes(length)}${padding} in ${counted(pieceCountOf(torrent), 'piece')}`,
    `Magnet Link: ${visible(linkOf(torrent, selection))}`,
  );
  if (torrent.private) lines.push('Private: yes');
  if (comment) lines.push(`Comment: ${visible(comment)}`);
  if (createdBy) lines.push(`Created By: ${visible(createdBy)}`);
  if (creationDate !== undefined) lines.push(`Creation Date: ${date(creationDate)}`);
  if (source) lines.push(`Source: ${visible(source)}`);
  for (const url of webSeeds) lines.push(`Web Seed: ${visible(url)}`);
  return lines;
};

/** `2 of 3 files, 5.00 MiB (number 1,3)`. */
const selectedLine = (torrent: Torrent, selection: readonly Span[]): string => {
  const selected = selects(selection);
  const all = numberedFiles(torrent);
  const chosen = all.filter(selected);
  const length = chosen.reduce((sum, place) => sum + (torrent.files[place]?.length ?? 0), 0);
  const spans = numbersOf(torrent, selection);
  const numbers = `${formatSelection(spans.slice(0, LISTED_SPANS))}${spans.length > LISTED_SPANS ? ',…' : ''}`;
  const which = numbers === '' ? '' : ` (number ${numbers})`;
  return `Selected: ${chosen.length} of ${counted(all.length, 'file')}, ${bytes(length)}${which}`;
};

/**
 * The torrent as lines for the user; `limit` cuts the list of hashes. `Length` is that of its content, without padding.
 */
export const infoLines = (torrent: Torrent, limit: number, selection: Selection): readonly string[] => {
  const trackers = torrent.announce.flat();
  const places = filePlaces(torrent);
  const more = pieceCountOf(torrent) - limit;
  return [
    ...(trackers.length > 0 ? trackers : ['none']).map((url) => `Tracker URL: ${visible(url)}`),
    `Length: ${contentLength(torrent)}`,
    `Info Hash: ${toHex(torrent.infoHash)}`,
    ...(torrent.infoHashV2 ? [`Info Hash v2: ${toHex(torrent.infoHashV2)}`] : []),
    `Piece Length: ${torrent.pieceLength}`,
    ...facts(torrent, places, selection),
    ...(selection ? [selectedLine(torrent, selection)] : []),
    `Files: ${numberedFiles(torrent).length}`,
    ...fileTree(torrent, places, selection && selects(selection)),
    'Piece Hashes:',
    ...hashes(torrent, limit),
    ...(more > 0 ? [`… and ${more} more (--pieces shows all)`] : []),
  ];
};
