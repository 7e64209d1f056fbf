import { open } from 'node:fs/promises';
import { InputError } from '../errors.ts';
import { Malformed } from '../protocol/malformed.ts';
import { parseTorrent, type Torrent } from '../torrent/metainfo.ts';
import { visible } from './views/text.ts';

/** Bytes of a .torrent that are read at most: what the largest real ones need, and a stranger's file can't exceed. */
export const MAX_TORRENT = 10_000_000;
const FETCH_TIMEOUT = 30_000;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file: check the path',
  EISDIR: 'it is a folder: name the .torrent file in it',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
};

/** At most `MAX_TORRENT` bytes of a file; `-` is stdin. */
export const readBytes = async (path: string): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const file = path === '-' ? undefined : await open(path);
    for await (const chunk of (file?.createReadStream() ?? process.stdin) as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > MAX_TORRENT) throw new InputError('bad-option', `${path}: more than ${MAX_TORRENT} bytes: this is no .torrent file`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InputError('bad-option', `cannot read ${path}: ${reasons[code ?? ''] ?? message}`, { cause: error });
  }
  return Buffer.concat(chunks);
};

const fetchBytes = async (url: string): Promise<Uint8Array> => {
  const [{ firstValueFrom }, { nodeEnv }] = await Promise.all([import('rxjs'), import('../node.ts')]);
  try {
    const { status, body } = await firstValueFrom(nodeEnv().httpGet({ url, maxBytes: MAX_TORRENT, timeout: FETCH_TIMEOUT }));
    if (status !== 200) throw new InputError('bad-option', `cannot fetch ${url}: the server answered ${status}`);
    return body;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError('bad-option', `cannot fetch ${url}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
};

/** Turns what a codec says about bytes into whose bytes they were. */
export const asInputError = (where: string, error: unknown): unknown => {
  if (!(error instanceof Malformed)) return error;
  const code = error.constructor.name === 'Unsupported' ? 'unsupported' : error.what.startsWith('bencode') ? 'bad-bencode' : 'bad-metainfo';
  const advice = code === 'bad-metainfo' ? ': is it really a .torrent file?' : '';
  return new InputError(code, `${where}: ${visible(error.message)}${advice}`, { cause: error });
};

/** The torrent that `source`, a path or an http(s) URL, leads to. */
export const readTorrent = async (source: string): Promise<Torrent> => {
  const bytes = await (/^https?:\/\//i.test(source) ? fetchBytes(source) : readBytes(source));
  try {
    return parseTorrent(bytes);
  } catch (error) {
    throw asInputError(source, error);
  }
};
