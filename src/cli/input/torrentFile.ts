import { InputError } from '../../contracts/errors.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import { parseTorrent, type Torrent } from '../../torrent/metainfo/metainfo.ts';
import { asInputError, readBytes } from './files.ts';
import type { Io } from '../io/io.ts';
import type { Web } from './torrentUrl.ts';
import { said } from './stdin.ts';
import { visible } from '../io/text.ts';

const NO_HASHES =
  'a magnet link has no hashes of pieces: name the .torrent, which rxtorrent download LINK --save-torrent FILE writes';

/** Bytes at the beginning of a file in which an HTML page identifies itself. */
const PAGE_BYTES = 1024;

/** The signal that stops us, and the callback for retries. */
type Listener = Pick<Io, 'stopped'> & Partial<Pick<Io, 'say'>>;

const readFile = async (path: string, io: Pick<Io, 'stopped'>): Promise<Uint8Array> => {
  try {
    return await readBytes(path, io);
  } catch (error) {
    if (!(error instanceof InputError) || (error.cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT')
      throw error;
    if (/^magnet:/i.test(path))
      throw new InputError('bad-option', `${visible(path)}: ${NO_HASHES}`, { cause: error.cause });
    const tried = 'there is no such file, nor is it an http(s) URL, a magnet link or an info-hash';
    throw new InputError('bad-option', `cannot read ${visible(path)}: ${tried}: check the path`, {
      cause: error.cause,
    });
  }
};

/** The HTTP client, or a function that loads it on demand. */
type Way = Web | (() => Promise<Web>);

/**
 * What a source leads to once web servers have been asked, and what that is called where something is wrong with it.
 */
export interface Found {
  readonly where: string;
  /** A path, a magnet link or an info-hash; or the bytes of a .torrent. */
  readonly what: string | Uint8Array;
}

/** Where a URL leads: to a .torrent, or on to a magnet link. Anything else is found where it is. */
export const found = async (source: string | Uint8Array, io: Listener, way?: Way): Promise<Found> => {
  if (typeof source !== 'string') return { where: 'stdin', what: source };
  if (!/^\s*https?:\/\//i.test(source)) return { where: source, what: source };
  // Only a command that fetches a URL loads the modules for it.
  const { torrentAt } = await import('./torrentUrl.ts');
  return {
    where: shownUrl(source.trim()),
    what: await torrentAt(source.trim(), io, typeof way === 'function' ? await way() : way),
  };
};

/** Is it an HTML page for humans, of a server that has moved, wants a login, or has deleted the file? */
const isPage = (bytes: Uint8Array): boolean => {
  const text = Buffer.from(bytes.subarray(0, PAGE_BYTES)).toString('utf8').trim();
  return text.startsWith('<') && /<(!doctype\s+html|html|head|body)\b/i.test(text);
};

/** The torrent that has been found. @throws InputError */
export const torrentIn = async ({ where, what }: Found, io: Listener): Promise<Torrent> => {
  const bytes = typeof what === 'string' ? await readFile(what, io) : what;
  try {
    return parseTorrent(bytes);
  } catch (error) {
    if (error instanceof Malformed && isPage(bytes))
      throw new InputError('bad-metainfo', `${visible(where)}: is a web page, not a .torrent: open it in a browser`, {
        cause: error,
      });
    throw asInputError(where, error, ': is it really a .torrent file?');
  }
};

/**
 * The torrent that `source` leads to: a path, an http(s) URL, `-` for what is piped into this process, or the bytes of
 * a .torrent.
 */
export const readTorrent = async (source: string | Uint8Array, io: Listener, way?: Way): Promise<Torrent> =>
  torrentIn(await found(typeof source === 'string' ? await said(source, io) : source, io, way), io);
