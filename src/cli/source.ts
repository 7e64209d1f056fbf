import type { Env } from '../env.ts';
import { InputError } from '../errors.ts';
import { parseTorrent, type Torrent } from '../torrent/metainfo.ts';
import { asInputError, readBytes } from './files.ts';
import type { Io } from './io.ts';
import { visible } from './views/text.ts';

type Web = Pick<Env, 'httpGet'>;

const NO_HASHES = 'a magnet link has no hashes of pieces: name the .torrent, which rxtorrent download LINK --save-torrent FILE writes';

const readFile = async (path: string): Promise<Uint8Array> => {
  try {
    return await readBytes(path);
  } catch (error) {
    if (!(error instanceof InputError) || (error.cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') throw error;
    if (/^magnet:/i.test(path)) throw new InputError('bad-option', `${visible(path)}: ${NO_HASHES}`, { cause: error.cause });
    const tried = 'there is no such file, nor is it an http(s) URL, a magnet link or an info-hash';
    throw new InputError('bad-option', `cannot read ${visible(path)}: ${tried}: check the path`, { cause: error.cause });
  }
};

/** The torrent that `source`, a path or an http(s) URL, leads to. */
export const readTorrent = async (source: string, io: Pick<Io, 'stopped'>, env?: Web): Promise<Torrent> => {
  // Only who fetches something waits for what that takes.
  const bytes = /^https?:\/\//i.test(source) ? await (await import('./overHttp.ts')).overHttp(source, io, env) : await readFile(source);
  try {
    return parseTorrent(bytes);
  } catch (error) {
    throw asInputError(source, error, ': is it really a .torrent file?');
  }
};
