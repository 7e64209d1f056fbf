import type { Env, HttpReply } from '../env.ts';
import { InputError, InvariantError, TrackerError } from '../errors.ts';
import { nodeEnv } from '../node.ts';
import { MAX_TORRENT_BYTES } from '../torrent/metainfo.ts';
import { GaveUp, Interrupted } from './exit.ts';
import { follow } from './follow.ts';
import type { Io } from './io.ts';

/** Milliseconds for fetching a .torrent, if the user does not say. */
const FETCH_TIMEOUT = 30_000;

/** What a .torrent is fetched with, and how long the user waits for it, in milliseconds. */
export interface Web extends Pick<Env, 'httpGet'> {
  readonly patience?: number | undefined;
}

/** A .torrent from a web server. */
export const overHttp = async (url: string, io: Pick<Io, 'stopped'>, env: Web = nodeEnv()): Promise<Uint8Array> => {
  let reply: HttpReply | undefined;
  try {
    await follow(env.httpGet({ url, maxBytes: MAX_TORRENT_BYTES, timeout: env.patience ?? FETCH_TIMEOUT }), io, (got) => (reply = got));
  } catch (error) {
    if (error instanceof InputError || error instanceof Interrupted) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const what = `cannot fetch ${why.startsWith(url) ? '' : `${url}: `}${why}`;
    if (error instanceof TrackerError && error.code === 'timeout') throw new GaveUp('timeout', `${what}: try again later`, { cause: error });
    throw new InputError('bad-option', `${what}: check the address`, { cause: error });
  }
  if (reply === undefined) throw new InvariantError('neither a reply nor an error');
  if (reply.status !== 200) throw new InputError('bad-option', `cannot fetch ${url}: the server answered ${reply.status}`);
  return reply.body;
};
