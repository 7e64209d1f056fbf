import { defer, map, type Observable, retry, throwError, timeout } from 'rxjs';
import { backoff } from '../../../operators/backoff.ts';
import type { Env } from '../../contracts/env.ts';
import type { HttpReply } from '../../contracts/network.ts';
import { InputError, InvariantError, NetworkError, type NetworkCode } from '../../contracts/errors.ts';
import { nodeEnv } from '../../node.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import { MAX_TORRENT_BYTES } from '../../torrent/metainfo/metainfo.ts';
import { Deadline } from '../io/deadline.ts';
import { GaveUp, Interrupted } from '../io/exit.ts';
import { follow } from '../io/follow.ts';
import type { Io } from '../io/io.ts';

/** Seconds for fetching a .torrent, by default. */
const FETCH_TIMEOUT = 30;
/** How often a server that is down is asked, without a time limit of the user's. */
const TRIES = 4;
/** Milliseconds before the first retry, and at most. */
const AGAIN = { first: 500, most: 30_000 };

/** The HTTP client for a .torrent, and the user's time limit in milliseconds. */
export interface Web extends Pick<Env, 'httpGet' | 'random'> {
  readonly patience?: number | undefined;
}

/** Temporary statuses: too early, too many requests, and all server errors. */
const isBusy = (status: number): boolean => [408, 425, 429].includes(status) || status >= 500;

/** Temporary failures: the server is down or slow, which is no mistake of the user's. */
const PASSING: ReadonlySet<NetworkCode> = new Set([
  'unreachable',
  'refused',
  'reset',
  'timeout',
  'http-status',
  'no-room',
]);

const mayPass = (error: unknown): boolean => error instanceof NetworkError && PASSING.has(error.code);

const answered = (reply: HttpReply): HttpReply => {
  if (!isBusy(reply.status)) return reply;
  throw new NetworkError('http-status', shownUrl(reply.url), `the server answered ${reply.status}`);
};

/** Retries while the server is down, until the user's time limit; without one, a few times. */
const fetchPatiently = (
  url: string,
  { httpGet, random, patience }: Web,
  failing: (error: unknown) => void,
): Observable<HttpReply> =>
  defer(() => {
    const deadline = new Deadline(patience === undefined ? FETCH_TIMEOUT : patience / 1000);
    const pause = backoff({ ...AGAIN, random });
    let last: unknown;
    const again = (error: unknown, count: number): Observable<unknown> => {
      // A slow server has had all the time that there was.
      if (deadline.isOver || !mayPass(error) || (patience === undefined && count >= TRIES))
        return throwError(() => error);
      if (last === undefined && patience !== undefined) failing(error);
      last = error;
      return pause(error, count);
    };
    const late = (): unknown =>
      last ?? new NetworkError('timeout', shownUrl(url), `no answer within ${deadline.seconds} s`);
    return defer(() => httpGet({ url, maxBytes: MAX_TORRENT_BYTES, timeout: deadline.left, links: true })).pipe(
      map(answered),
      retry({ delay: again }),
      timeout({ first: deadline.left, with: () => throwError(late) }),
    );
  });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * The bytes of a .torrent from a web server, or the magnet link that the server sends us on to, as those of indexes do.
 * @throws GaveUp, InputError
 */
export const torrentAt = async (
  url: string,
  io: Pick<Io, 'stopped'> & Partial<Pick<Io, 'say'>>,
  env: Web = nodeEnv(),
): Promise<Uint8Array | string> => {
  let reply: HttpReply | undefined;
  const failed = (error: unknown): string => {
    const isNamed = error instanceof NetworkError && error.where === shownUrl(url);
    return `cannot fetch ${isNamed ? '' : `${shownUrl(url)}: `}${messageOf(error)}`;
  };
  try {
    await follow(
      fetchPatiently(url, env, (error) => io.say?.(`${failed(error)}: trying again`)),
      io,
      (got) => (reply = got),
    );
  } catch (error) {
    if (error instanceof InputError || error instanceof Interrupted) throw error;
    const what = failed(error);
    if (!mayPass(error)) throw new InputError('bad-option', `${what}: check the address`, { cause: error });
    const code = error instanceof NetworkError && error.code === 'timeout' ? 'timeout' : 'unreachable';
    throw new GaveUp(code, `${what}: try again later`, { cause: error });
  }
  if (reply === undefined) throw new InvariantError('neither a reply nor an error');
  if (/^magnet:/i.test(reply.url)) return reply.url;
  if (reply.status !== 200)
    throw new InputError('bad-option', `cannot fetch ${shownUrl(url)}: the server answered ${reply.status}`);
  return reply.body;
};
