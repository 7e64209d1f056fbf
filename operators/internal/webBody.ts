import { concat, map, mergeMap, Observable, range, takeWhile, throwError } from 'rxjs';
import { now } from '../../src/contracts/clock.ts';
import type { Env } from '../../src/contracts/env.ts';
import type { HttpStreamRequest } from '../../src/contracts/network.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import { shownUrl } from '../../src/protocol/tracker/shownUrl.ts';
import { bodyOf, type BodyRange, WebSeedError } from '../../src/torrent/webSeeds/webAnswer.ts';
import type { WebAsk } from '../../src/torrent/webSeeds/webAsk.ts';

/** Milliseconds until an answer begins. */
const ANSWER_WITHIN = 20_000;
/** Bytes that are thrown away at most if a server sends all of a file instead of a part. */
const MAX_SKIPPED = 16 * 2 ** 20;

/** Bytes of zeros at one time. */
const ZEROS = 64 * 1024;

const zeros = (length: number): Observable<Uint8Array> =>
  range(0, Math.ceil(length / ZEROS)).pipe(map((nth) => new Uint8Array(Math.min(ZEROS, length - nth * ZEROS))));

/** Stands behind the last byte that is of use: the answer is given up. */
const ENOUGH = new Uint8Array();

/** Of a body that is `body`, the bytes from `start` until `end`; then `ENOUGH`, if there are more. */
const within = (bytes$: Observable<Uint8Array>, body: BodyRange, start: number, end: number): Observable<Uint8Array> =>
  new Observable((subscriber) => {
    let at = body.begin;
    const next = (chunk: Uint8Array): void => {
      const from = at;
      at += chunk.length;
      const part = chunk.subarray(Math.max(0, start - from), Math.max(0, end - from));
      if (part.length > 0) subscriber.next(part);
      if (at >= end && body.end > end) subscriber.next(ENOUGH);
      else if (at > body.end) subscriber.error(new WebSeedError('useless', 'it sends more than it was asked for'));
    };
    const complete = (): void => {
      if (at < end) subscriber.error(new NetworkError('reset', 'HTTP', 'the body is too short'));
      else subscriber.complete();
    };
    return bytes$.subscribe({ next, error: (error: unknown) => subscriber.error(error), complete });
  });

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
    const part$ = within(bytes$, body, start, until);
    return until === end
      ? part$
      : concat(part$, webBody(httpStream, { ...ask, ranged: true, start: until, length: end - until }, how));
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
