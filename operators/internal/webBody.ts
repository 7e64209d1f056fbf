import {
  catchError,
  concat,
  last,
  map,
  mergeMap,
  type Observable,
  of,
  range,
  scan,
  takeWhile,
  tap,
  throwError,
} from 'rxjs';
import { now } from '../../src/contracts/clock.ts';
import type { Env } from '../../src/contracts/env.ts';
import type { HttpStream, HttpStreamRequest } from '../../src/contracts/network.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import { shownUrl } from '../../src/protocol/tracker/shownUrl.ts';
import { bodyOf, type BodyRange, retryAfter, WebSeedError } from '../../src/torrent/webSeeds/webAnswer.ts';
import type { Remembered } from '../../src/torrent/webSeeds/remembered.ts';
import type { WebAsk } from '../../src/torrent/webSeeds/webAsk.ts';
import { ENOUGH, type Reading, webReading } from './webReading.ts';

/** Milliseconds until an answer begins. */
const ANSWER_WITHIN = 20_000;
/** Bytes that are thrown away at most if a server sends all of a file instead of a part. */
const MAX_SKIPPED = 256 * 2 ** 20;

/** Characters that a server of pieces may need to say how many seconds it wants to be left alone. */
const SAID = 12;

/** Bytes of zeros at one time. */
const ZEROS = 64 * 1024;

const zeros = (length: number): Observable<Uint8Array> =>
  range(0, Math.ceil(length / ZEROS)).pipe(map((nth) => new Uint8Array(Math.min(ZEROS, length - nth * ZEROS))));

interface Answered {
  readonly answer: HttpStream;
  readonly body: BodyRange;
}

/** A server of pieces that has no time says in the body for how many seconds (BEP 17). */
const busy = ({ bytes$ }: HttpStream): Observable<never> =>
  bytes$.pipe(
    scan((text, chunk) => text + String.fromCharCode(...chunk.subarray(0, SAID)), ''),
    takeWhile(({ length }) => length < SAID, true),
    last(undefined, ''),
    catchError(() => of('')),
    mergeMap((text) =>
      throwError(() => {
        const wait = /^\s*\d+\s*$/.test(text) ? retryAfter(text, now()) : undefined;
        return new WebSeedError('busy', 'HTTP status 503', wait);
      }),
    ),
  );

/**
 * What is answered to a request, by the server that it led to before: that may be good for a while only, so without an
 * answer it is asked for where it leads to now.
 */
const answered = (
  httpStream: NonNullable<Env['httpStream']>,
  ask: WebAsk,
  request: HttpStreamRequest,
  remembered: Remembered,
): Observable<Answered> => {
  const { url } = request;
  let begun = false;
  const asked = (at: string): Observable<Answered> =>
    httpStream({ ...request, url: at }).pipe(
      mergeMap((answer) => {
        const says = answer.status === 503 && ask.origin === undefined && answer.headers['retry-after'] === undefined;
        return says ? busy(answer) : of({ answer, body: bodyOf(answer, ask, now()) });
      }),
      tap(() => (begun = true)),
    );
  const before = remembered.of(url);
  const again = (error: unknown): Observable<Answered> => {
    if (before === url || begun) return throwError(() => error);
    remembered.forget(url);
    return asked(url);
  };
  return asked(before).pipe(catchError(again));
};

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
  remembered: Remembered,
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
      : concat(
          part$,
          webBody(httpStream, { ...ask, ranged: true, start: until, length: end - until }, how, reading, remembered),
        );
  };
  const request = { ...how, url, headers, timeout: ANSWER_WITHIN, keep: true };
  return answered(httpStream, ask, request, remembered).pipe(
    mergeMap(({ answer, body }) => {
      remembered.led(url, answer.url);
      return got(answer.bytes$, body);
    }),
    takeWhile((chunk) => chunk !== ENOUGH),
  );
};

/** An error of a web seed, as the user reads it. */
export const webFailure = (url: string, error: WebSeedError | NetworkError): string => {
  const name = shownUrl(url);
  return `${name}: ${error instanceof NetworkError && error.where !== 'HTTP' ? error.why : error.message}`;
};
