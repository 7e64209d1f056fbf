import type { IncomingMessage } from 'node:http';
import { map, Observable } from 'rxjs';
import { NetworkError } from '../../contracts/errors.ts';
import type { HttpStream, HttpStreamRequest } from '../../contracts/network.ts';
import { reachOf } from '../../protocol/encoding/reach.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import { lookUp } from '../names/lookUp.ts';
import { answered, asNetworkError, DIRECTLY, type Hop, type Way } from './http.ts';
import { inflate } from './inflate.ts';

/** The headers that are passed on. */
const HEADERS = ['content-length', 'content-range', 'content-encoding', 'retry-after'] as const;

/**
 * Asks a web server, and gives its answer as it comes.
 *
 * ```
 *   subscribe  ----a--------|    when the answer begins; completes when all of it has been read
 *   bytes$         -b-b-b-b-|
 *   held$      f------t--f---    nothing is read meanwhile
 * ```
 *
 * Redirects, credentials and refused addresses are those of `httpGet`. Errors with a `NetworkError`, also in the middle
 * of the body.
 */
export const httpStream = (request: HttpStreamRequest): Observable<HttpStream> => httpStreamBy(reachOf)(request);

/** The same with other functions that say which addresses are near, what names lead to, and how they are reached. */
export const httpStreamBy =
  (reachOf: Hop['reachOf'], look = lookUp, way: Way = DIRECTLY) =>
  ({ held$, ...request }: HttpStreamRequest): Observable<HttpStream> =>
    answered({ request: { ...request, maxBytes: Infinity }, reachOf, look, way, streams: true }).pipe(
      map(({ status, url, response }) => ({
        status,
        url,
        headers: headersOf(response as IncomingMessage),
        bytes$: bodyOf(response as IncomingMessage, url, held$),
      })),
    );

const headersOf = ({ headers }: IncomingMessage): HttpStream['headers'] =>
  Object.fromEntries(HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));

const bodyOf = (response: IncomingMessage, url: string, held$: HttpStreamRequest['held$']): Observable<Uint8Array> =>
  new Observable((subscriber) => {
    const fail = (error: unknown): void => subscriber.error(asNetworkError(error, new URL(url)));
    const plain = inflate(response);
    if (plain === undefined) return fail(new NetworkError('malformed', shownUrl(url), 'unknown content-encoding'));
    if (plain !== response) response.on('error', (error) => plain.destroy(error));
    plain.on('error', fail);
    plain.on('data', (chunk: Uint8Array) => subscriber.next(chunk));
    plain.on('end', () => subscriber.complete());
    subscriber.add(held$?.subscribe((held) => void (held ? plain.pause() : plain.resume())));
    return () => void (plain !== response && plain.destroy());
  });
