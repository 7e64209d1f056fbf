import { catchError, concatMap, EMPTY, from, map, type Observable, switchMap, take, timer } from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import type { Warning } from '../../contracts/events.ts';
import type { HttpReply } from '../../contracts/network.ts';
import { NetworkError } from '../../contracts/errors.ts';
import { equalIds } from '../../protocol/encoding/id.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import type { MagnetLink } from '../../torrent/metainfo/magnet.ts';
import { MAX_TORRENT_BYTES, parseTorrent } from '../../torrent/metainfo/metainfo.ts';

/**
 * Milliseconds that peers have before web servers are asked: a server need not learn of the download if peers answer.
 */
export const PEERS_FIRST = 5_000;
/** Milliseconds for one .torrent. */
const FETCH_TIMEOUT = 30_000;
/** The required beginning of a path on this machine: a link comes from a stranger. */
const LOOPBACK_PATH = '/torrent';

/**
 * The info dictionary of a magnet link from the URLs of its .torrent (`xs`), one after the other.
 *
 * ```
 * gives   5s -----(m|)
 * ```
 *
 * It is accepted only if its SHA-1 is the info-hash; the rest of the .torrent is ignored. Completes without it when no
 * server has it, which is a warning; never errors for a failure of a server.
 */
export const exactSource = (
  { infoHash, sources }: Pick<MagnetLink, 'infoHash' | 'sources'>,
  { httpGet }: Pick<Env, 'httpGet'>,
  report: (warning: Warning) => void = () => {},
): Observable<Uint8Array> => {
  const told = (url: string, error: unknown): Observable<never> => {
    if (!(error instanceof Malformed || error instanceof NetworkError)) throw error;
    const name = shownUrl(url);
    const isNamed = error instanceof NetworkError && error.where === name;
    const message = isNamed ? error.message : `${name}: ${error.message}`;
    report({ type: 'warning', code: error instanceof NetworkError ? error.code : 'malformed', message, url });
    return EMPTY;
  };
  if (sources.length === 0) return EMPTY;
  return timer(PEERS_FIRST).pipe(
    switchMap(() => from(sources)),
    concatMap((url) =>
      httpGet({
        url,
        maxBytes: MAX_TORRENT_BYTES,
        timeout: FETCH_TIMEOUT,
        stranger: true,
        loopbackPath: LOOPBACK_PATH,
      }).pipe(
        map((reply) => infoOf(url, reply, infoHash)),
        catchError((error: unknown) => told(url, error)),
      ),
    ),
    take(1),
  );
};

const infoOf = (url: string, { status, body }: HttpReply, infoHash: Uint8Array): Uint8Array => {
  if (status !== 200) throw new NetworkError('http-status', shownUrl(url), `HTTP status ${status}`);
  const torrent = parseTorrent(body);
  if (!equalIds(torrent.infoHash, infoHash))
    throw new Malformed('.torrent', 'the one of the magnet link', 'a different one');
  return torrent.info;
};
