import type { Env } from '../env.ts';
import { InputError } from '../errors.ts';
import { MAX_TORRENT_BYTES, parseTorrent, type Torrent } from '../torrent/metainfo.ts';
import { asInputError, readBytes } from './files.ts';
import { visible } from './views/text.ts';

/** Milliseconds for fetching a .torrent. */
const FETCH_TIMEOUT = 30_000;

type Web = Pick<Env, 'httpGet'>;

const fetchBytes = async (url: string, env: Web | undefined): Promise<Uint8Array> => {
  const [{ firstValueFrom }, { nodeEnv }] = await Promise.all([import('rxjs'), import('../node.ts')]);
  try {
    const { status, body } = await firstValueFrom((env ?? nodeEnv()).httpGet({ url, maxBytes: MAX_TORRENT_BYTES, timeout: FETCH_TIMEOUT }));
    if (status !== 200) throw new InputError('bad-option', `cannot fetch ${url}: the server answered ${status}`);
    return body;
  } catch (error) {
    if (error instanceof InputError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError('bad-option', `cannot fetch ${why.startsWith(url) ? '' : `${url}: `}${why}: check the address`, { cause: error });
  }
};

const readFile = async (path: string): Promise<Uint8Array> => {
  try {
    return await readBytes(path);
  } catch (error) {
    if (!(error instanceof InputError) || (error.cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') throw error;
    const tried = 'there is no such file, nor is it an http(s) URL, a magnet link or an info-hash';
    throw new InputError('bad-option', `cannot read ${visible(path)}: ${tried}: check the path`, { cause: error.cause });
  }
};

/** The torrent that `source`, a path or an http(s) URL, leads to. */
export const readTorrent = async (source: string, env?: Web): Promise<Torrent> => {
  const bytes = await (/^https?:\/\//i.test(source) ? fetchBytes(source, env) : readFile(source));
  try {
    return parseTorrent(bytes);
  } catch (error) {
    throw asInputError(source, error, ': is it really a .torrent file?');
  }
};
