import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { InputError } from '../../contracts/errors.ts';
import type { SimilarFile, Target } from '../../contracts/storage.ts';
import { safePaths } from '../../disk/names/safePath.ts';
import { similarKey } from '../../disk/places/similarFiles.ts';
import { parseTorrent, type Torrent } from '../../torrent/metainfo/metainfo.ts';
import { texts } from '../args/values.ts';
import type { Given, Io } from '../io/io.ts';
import { visible } from '../io/text.ts';
import { bytes, counted } from '../io/units.ts';
import { readBytes } from './files.ts';
import { kindOf } from './rootFolder.ts';
import { existingTarget } from './target.ts';
import { readTorrent } from './torrentFile.ts';

/** .torrents that are read of a folder. */
const MAX_TORRENTS = 1000;

/** A torrent, and the folder that its files are in. */
interface Known {
  readonly torrent: Torrent;
  readonly folder: string;
}

/** `TORRENT`, `TORRENT=FOLDER`, or a folder with both in it. @throws InputError */
const knownIn = async (path: string, io: Pick<Io, 'stopped'>): Promise<readonly Known[]> => {
  const kind = await kindOf(path, 'read');
  if (kind === 'folder') return torrentsIn(path, io);
  const at = path.lastIndexOf('=');
  const [name, folder] = kind === 'file' || at <= 0 ? [path, dirname(path)] : [path.slice(0, at), path.slice(at + 1)];
  const torrent = await readTorrent(name, io);
  if (torrent.infoHashV2 === undefined)
    throw new InputError(
      'bad-option',
      `--similar ${visible(path)}: it is of version 1 only, which has no hashes of files: name one of version 2`,
    );
  return [{ torrent, folder: resolve(folder) }];
};

/** The torrents of version 2 whose .torrents are in a folder. What is none is left out. */
const torrentsIn = async (folder: string, io: Pick<Io, 'stopped'>): Promise<readonly Known[]> => {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.torrent')).slice(0, MAX_TORRENTS);
  const known: Known[] = [];
  for (const name of names) {
    const torrent = await readBytes(join(folder, name), io)
      .then(parseTorrent)
      .catch(() => undefined);
    if (torrent?.infoHashV2) known.push({ torrent, folder: resolve(folder) });
  }
  return known;
};

/** Where the files of a torrent are that have roots: those of them that are whole, as far as their sizes tell. */
const filesOf = async ({ torrent, folder }: Known): Promise<readonly SimilarFile[]> => {
  const target: Target = await existingTarget(torrent, folder);
  const paths = safePaths(torrent, target);
  return torrent.files.flatMap(({ length, root, padding }, file) =>
    root === undefined || padding ? [] : [{ path: paths[file] as string, length, root }],
  );
};

/**
 * The files of `--similar` from which those of a torrent may be copied, by what the .torrents say of both; nothing is
 * read of them. Says how many there are. @throws InputError, StorageError
 */
export const similarIn = async (
  given: Given,
  io: Pick<Io, 'stopped' | 'say'>,
): Promise<(torrent: Torrent) => Pick<Target, 'similar'>> => {
  const known: SimilarFile[] = [];
  for (const path of texts(given, 'similar'))
    for (const one of await knownIn(path, io)) known.push(...(await filesOf(one)));
  if (texts(given, 'similar').length === 0) return () => ({});
  const roots = new Map(known.map((file) => [similarKey(file), file]));
  return (torrent) => {
    if (torrent.infoHashV2 === undefined) {
      io.say(`${visible(torrent.name)} is of version 1 only, which has no hashes of files: --similar is of no use`);
      return {};
    }
    const found = torrent.files.flatMap(({ length, root }) => (root && roots.get(similarKey({ length, root }))) ?? []);
    const total = found.reduce((sum, { length }) => sum + length, 0);
    io.say(`${counted(found.length, 'file')} (${bytes(total)}) of ${visible(torrent.name)} may be on disk already`);
    return found.length === 0 ? {} : { similar: found };
  };
};
