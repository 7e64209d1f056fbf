import { concat, map, mergeMap, type Observable, range, takeWhile, throwError } from 'rxjs';
import { now } from '../../src/contracts/clock.ts';
import type { Env } from '../../src/contracts/env.ts';
import type { HttpStreamRequest } from '../../src/contracts/network.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import { shownUrl } from '../../src/protocol/tracker/shownUrl.ts';
import { bodyOf, type BodyRange, WebSeedError } from '../../src/torrent/webSeeds/webAnswer.ts';
import type { WebAsk } from '../../src/torrent/webSeeds/webAsk.ts';
import { ENOUGH, type Reading, webReading } from './webReading.ts';

/** Milliseconds until an answer begins. */
const ANSWER_WITHIN = 20_000;
/** Bytes that are thrown away at most if a server sends all of a file instead of a part. */
const MAX_SKIPPED = 256 * 2 ** 20;

/** Bytes of zeros at one time. */
const ZEROS = 64 * 1024;

const zeros = (length: number): Observable<Uint8Array> =>
  range(0, Math.ceil(length / ZEROS)).pipe(map((nth) => new Uint8Array(Math.min(ZEROS, length - nth * ZEROS))));

/**
 * The bytes that one request asks for, in their order. A server may send less than it is asked for, and is asked for
 * the rest.
 *
 * @throws WebSeedError, NetworkError
 */
export const webBody = (
  httpStream: NonNullable<Env['httpStream']>,
  ask: WebAsk,
  how: Pick<HttpStreamRequest, 'held$' | 'stranger' | 'plainNear'>,
  reading: Reading,
): Observable<Uint8Array> => {
  const { url, ranged, start, length } = ask;
  if (ask.zeros) return zeros(length);
  if (url === undefined) return throwError(() => new WebSeedError('absent', 'no URL leads to a file of this name'));
  const end = start + length;
  const headers = { 'accept-encoding': 'identity', ...(ranged && { range: `bytes=${start}-${end - 1}` }) };
  const got = (bytes$: Observable<Uint8Array>, body: BodyRange): Observable<Uint8Array> => {
    if (start - body.begin > MAX_SKIPPED)
      throw new WebSeedError('absent', 'it sends no parts of files, and this part is far from the beginning');
    const until = Math.min(end, body.end);
    const part$ = webReading(bytes$, body, { begin: start, end: until }, reading);
    return until === end
      ? part$
      : concat(part$, webBody(httpStream, { ...ask, ranged: true, start: until, length: end - until }, how, reading));
  };
  return httpStream({ ...how, url, headers, timeout: ANSWER_WITHIN, keep: true }).pipe(
    mergeMap((answer) => got(answer.bytes$, bodyOf(answer, ask, now()))),
    takeWhile((chunk) => chunk !== ENOUGH),
  );
};

/** An error of a web seed, as the user reads it. */
export const webFailure = (url: string, error: WebSeedError | NetworkError): string => {
  const name = shownUrl(url);
  return `${name}: ${error instanceof NetworkError && error.where !== 'HTTP' ? error.why : error.message}`;
};
