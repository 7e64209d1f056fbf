import { InputError } from '../errors.ts';
import { MAX_TORRENT_BYTES, parseTorrent, type Torrent } from '../torrent/metainfo.ts';
import { asInputError, readBytes } from './files.ts';

/** Milliseconds for fetching a .torrent. */
const FETCH_TIMEOUT = 30_000;

const fetchBytes = async (url: string): Promise<Uint8Array> => {
  const [{ firstValueFrom }, { nodeEnv }] = await Promise.all([import('rxjs'), import('../node.ts')]);
  try {
    const { status, body } = await firstValueFrom(nodeEnv().httpGet({ url, maxBytes: MAX_TORRENT_BYTES, timeout: FETCH_TIMEOUT }));
    if (status !== 200) throw new InputError('bad-option', `cannot fetch ${url}: the server answered ${status}`);
    return body;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError('bad-option', `cannot fetch ${url}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
};

/** The torrent that `source`, a path or an http(s) URL, leads to. */
export const readTorrent = async (source: string): Promise<Torrent> => {
  const bytes = await (/^https?:\/\//i.test(source) ? fetchBytes(source) : readBytes(source));
  try {
    return parseTorrent(bytes);
  } catch (error) {
    throw asInputError(source, error, ': is it really a .torrent file?');
  }
};
