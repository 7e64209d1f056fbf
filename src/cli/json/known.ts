import { toHex } from '../../protocol/encoding/id.ts';
import type { MagnetLink } from '../../torrent/metainfo/magnet.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import type { Io } from '../io/io.ts';
import type { SourceArgument } from '../input/sourceArgument.ts';
import type { Begun } from './entry.ts';

/** What a .torrent or a magnet link says of itself. */
export const knownOf = (known: Torrent | MagnetLink): Begun => ({
  ...(known.name !== undefined && { name: known.name }),
  ...(known.length !== undefined && { length: known.length }),
  ...('files' in known && { files: known.files.filter(({ padding }) => !padding).length }),
});

/** Tells what of a magnet link is of no use. */
export const tellIgnored = ({ json }: Pick<Io, 'json'>, known: object | undefined, hash: string): void => {
  const { ignored = [] } = (known ?? {}) as Partial<MagnetLink>;
  for (const part of ignored) json?.tell({ type: 'warning', code: 'not-used', message: `not used: ${part}` }, hash);
};

/**
 * Tells that the command begins with the torrent that is `sought`; gives its info-hash, of which all objects of it
 * tell.
 */
export const begin = (
  { json }: Io,
  source: string,
  { findable, torrent, magnet, followed }: SourceArgument,
  target?: string,
): string => {
  const hash = toHex(findable.infoHash);
  const known = torrent ?? magnet;
  json?.start({ sources: [source], ...(known && knownOf(known)), ...(target !== undefined && { target }) }, hash);
  if (followed) json?.tell(followed.publication, hash);
  tellIgnored({ json }, magnet, hash);
  return hash;
};
