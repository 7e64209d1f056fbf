import { toHex } from '../../protocol/encoding/id.ts';
import { formatMagnet } from '../../torrent/metainfo/magnet.ts';
import { pieceCountOf, totalOf } from '../../torrent/geometry.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import type { ToldAs } from '../../contracts/json/told.ts';
import { visible } from '../io/text.ts';
import { bytes, counted } from '../io/units.ts';

/** The magnet link of a torrent that was made here. */
export const magnetOf = (torrent: Torrent): string => {
  const { infoHash, infoHashV2, name, announce, webSeeds } = torrent;
  return formatMagnet({
    infoHash,
    ...(infoHashV2 && { infoHashV2 }),
    ...{ name, length: totalOf(torrent), announce, webSeeds, peers: [], sources: [] },
  });
};

const filesOf = ({ files }: Torrent): number => files.filter(({ padding }) => !padding).length;

/** The object of a torrent that was made; `path` is that of its .torrent, if it has one. */
export const madeObject = (torrent: Torrent, path: string | undefined): ToldAs<'created'> => ({
  type: 'created',
  ...(path !== undefined && { path }),
  infoHash: toHex(torrent.infoHash),
  ...(torrent.infoHashV2 && { infoHashV2: toHex(torrent.infoHashV2) }),
  name: torrent.name,
  length: totalOf(torrent),
  files: filesOf(torrent),
  pieceLength: torrent.pieceLength,
  pieceCount: pieceCountOf(torrent),
  private: torrent.private,
  magnet: magnetOf(torrent),
});

/** The line of it for the user; `path` is where the .torrent or the content is. */
export const madeLines = (torrent: Torrent, path: string): readonly string[] => {
  const content = `${bytes(totalOf(torrent))} in ${counted(filesOf(torrent), 'file')}`;
  const pieces = `${counted(pieceCountOf(torrent), 'piece')} of ${bytes(torrent.pieceLength)}`;
  return [
    `${visible(path)}: ${content}, ${pieces}`,
    `Info Hash: ${toHex(torrent.infoHash)}`,
    ...(torrent.infoHashV2 ? [`Info Hash v2: ${toHex(torrent.infoHashV2)}`] : []),
    magnetOf(torrent),
  ];
};
