import { InputError } from '../errors.ts';
import { parseTorrent, type Torrent } from '../torrent/metainfo.ts';
import { asInputError, readBytes } from './files.ts';
import type { Io } from './io.ts';
import type { Web } from './overHttp.ts';
import { said } from './stdin.ts';
import { visible } from './views/text.ts';

const NO_HASHES = 'a magnet link has no hashes of pieces: name the .torrent, which rxtorrent download LINK --save-torrent FILE writes';

const readFile = async (path: string, io: Pick<Io, 'stopped'>): Promise<Uint8Array> => {
  try {
    return await readBytes(path, io);
  } catch (error) {
    if (!(error instanceof InputError) || (error.cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') throw error;
    if (/^magnet:/i.test(path)) throw new InputError('bad-option', `${visible(path)}: ${NO_HASHES}`, { cause: error.cause });
    const tried = 'there is no such file, nor is it an http(s) URL, a magnet link or an info-hash';
    throw new InputError('bad-option', `cannot read ${visible(path)}: ${tried}: check the path`, { cause: error.cause });
  }
};

/** The web, or how to get there for whoever needs to. */
type Way = Web | (() => Promise<Web>);

const fetchOrRead = async (source: string, io: Pick<Io, 'stopped'>, way?: Way): Promise<Uint8Array> => {
  // Only who fetches something waits for what that takes.
  if (/^https?:\/\//i.test(source)) return (await import('./overHttp.ts')).overHttp(source, io, typeof way === 'function' ? await way() : way);
  return readFile(source, io);
};

/** The torrent that `source` leads to: a path, an http(s) URL, `-` for what is piped into this process, or the bytes of a .torrent. */
export const readTorrent = async (source: string | Uint8Array, io: Pick<Io, 'stopped'>, way?: Way): Promise<Torrent> => {
  const what = typeof source === 'string' ? await said(source, io) : source;
  const bytes = typeof what === 'string' ? await fetchOrRead(what, io, way) : what;
  try {
    return parseTorrent(bytes);
  } catch (error) {
    throw asInputError(typeof what === 'string' ? what : 'stdin', error, ': is it really a .torrent file?');
  }
};
