import { firstValueFrom } from 'rxjs';
import type { Env } from '../env.ts';
import { InputError } from '../errors.ts';
import { nodeEnv } from '../node.ts';
import { MAX_TORRENT_BYTES } from '../torrent/metainfo.ts';

/** Milliseconds for fetching a .torrent. */
const FETCH_TIMEOUT = 30_000;

/** A .torrent from a web server. */
export const overHttp = async (url: string, env: Pick<Env, 'httpGet'> = nodeEnv()): Promise<Uint8Array> => {
  try {
    const { status, body } = await firstValueFrom(env.httpGet({ url, maxBytes: MAX_TORRENT_BYTES, timeout: FETCH_TIMEOUT }));
    if (status !== 200) throw new InputError('bad-option', `cannot fetch ${url}: the server answered ${status}`);
    return body;
  } catch (error) {
    if (error instanceof InputError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError('bad-option', `cannot fetch ${why.startsWith(url) ? '' : `${url}: `}${why}: check the address`, { cause: error });
  }
};
