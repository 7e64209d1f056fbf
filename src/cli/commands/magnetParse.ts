import { InputError } from '../../contracts/errors.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { formatMagnet, type MagnetLink } from '../../torrent/metainfo/magnet.ts';
import { formatSelection } from '../../torrent/metainfo/selection.ts';
import type { Given, Io } from '../io/io.ts';
import { begin } from '../json/known.ts';
import type { ToldAs } from '../../contracts/json/told.ts';
import { ofMagnet, readMagnet } from '../input/sourceArgument.ts';
import { said } from '../input/stdin.ts';
import { hostPort } from '../views/events.ts';
import { visible } from '../io/text.ts';

/** The link as one JSON object. */
export const magnetObject = (magnet: MagnetLink): ToldAs<'magnet'> => ({
  type: 'magnet',
  infoHash: toHex(magnet.infoHash),
  ...(magnet.infoHashV2 && { infoHashV2: toHex(magnet.infoHashV2) }),
  ...(magnet.name !== undefined && { name: magnet.name }),
  ...(magnet.length !== undefined && { length: magnet.length }),
  announce: magnet.announce,
  peers: magnet.peers.map(({ host, port }) => ({ host, port, source: 'manual' })),
  webSeeds: magnet.webSeeds,
  sources: magnet.sources,
  ...(magnet.select && { select: formatSelection(magnet.select) }),
  ignored: magnet.ignored,
  link: formatMagnet(magnet),
});

/**
 * As `info` counts them: from 1. Where there is padding, which only the torrent tells, `info` of the link knows better.
 */
const selectedFiles = ({ select = [] }: MagnetLink): readonly string[] =>
  select.length === 0
    ? []
    : [`${formatSelection(select.map(([first, last]) => [first + 1, last + 1]))} (counted from 1, padding included)`];

/** The link as lines for the user. */
export const magnetLines = (magnet: MagnetLink): readonly string[] => {
  const trackers = magnet.announce.flat();
  const all = (label: string, values: readonly string[]): string[] =>
    values.map((value) => `${label}: ${visible(value)}`);
  return [
    ...all('Tracker URL', trackers.length > 0 ? trackers : ['none']),
    `Info Hash: ${toHex(magnet.infoHash)}`,
    ...(magnet.infoHashV2 ? [`Info Hash v2: ${toHex(magnet.infoHashV2)}`] : []),
    ...all('Name', magnet.name === undefined ? [] : [magnet.name]),
    ...all('Length', magnet.length === undefined ? [] : [String(magnet.length)]),
    ...all('Peer', magnet.peers.map(hostPort)),
    ...all('Web Seed', magnet.webSeeds),
    ...all('Torrent URL', magnet.sources),
    ...all('Selected Files', selectedFiles(magnet)),
  ];
};

/** `rxtorrent magnet_parse`: uses no network. */
export const magnetParse = async (given: Given, io: Io): Promise<void> => {
  const source = await said(String(given['magnet']), io);
  const magnet = readMagnet(source);
  const shown = typeof source === 'string' ? visible(source.slice(0, 100)) : 'stdin';
  if (magnet === undefined)
    throw new InputError('bad-magnet', `${shown}: not a magnet link, which begins with magnet:?xt=urn:btih:`);
  const { json } = io;
  if (json) json.tell(magnetObject(magnet), begin(io, String(given['magnet']), ofMagnet(magnet)));
  else {
    io.print(magnetLines(magnet).join('\n'));
    for (const part of magnet.ignored) io.say(`not used: ${part}`);
  }
};
