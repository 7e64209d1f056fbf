import {
  connect,
  defer,
  EMPTY,
  filter,
  finalize,
  ignoreElements,
  merge,
  mergeMap,
  Observable,
  of,
  race,
  repeat,
  retry,
  take,
  throwError,
  timer,
} from 'rxjs';
import { now } from '../../src/contracts/clock.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { Block, WebSeed } from '../../src/contracts/peer.ts';
import type { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { WebSeedError } from '../../src/torrent/webSeeds/webAnswer.ts';
import type { WebAsk } from '../../src/torrent/webSeeds/webAsk.ts';
import { WebRequests } from '../../src/torrent/webSeeds/webRequests.ts';
import { webFailure } from './webBody.ts';
import { WebServer, type WebServerOptions, webStretch } from './webStretch.ts';

/** Bytes that are asked for at one time, or one piece. */
const STRETCH = 4 * 2 ** 20;
/** The same while somebody waits for bytes: a jump of theirs must not wait for long. */
const SHORT = 2 ** 19;
/** Milliseconds until it is looked again for a place at a host that other torrents may have left. */
const PLACE_WITHIN = 2_000;
/** Failures in a row without a block after which a server is given up. */
const MAX_FAILURES = 6;
/** Milliseconds before a server that has failed is asked again, at first and at most. */
const AGAIN = { first: 2_000, most: 600_000, factor: 4 };

const pauseOf = (count: number, random: () => number): number =>
  Math.min(AGAIN.most, AGAIN.first * AGAIN.factor ** (count - 1) * (0.5 + random()));

/** All that one server gives. Errors with the `WebSeedError` or `NetworkError` for which it is given up. */
export const webConnections = (seed: WebSeed, picker: PiecePicker, options: WebServerOptions): Observable<Block> =>
  defer(() => {
    const server = new WebServer(seed, picker, options);
    const { expelled$ = EMPTY, paused$ = EMPTY } = options;
    const lied$ = expelled$.pipe(
      filter(({ peer }) => peer === seed),
      mergeMap(() => throwError(() => new WebSeedError('useless', 'it sent wrong bytes'))),
    );
    // A server that gives blocks has a second connection, so that it need not wait for us between two answers.
    const both$ = connection(server).pipe(
      connect((first$) =>
        merge(
          first$,
          first$.pipe(
            take(1),
            mergeMap(() => connection(server)),
          ),
        ),
      ),
    );
    return new Observable<Block>((subscriber) => {
      subscriber.add(() => server.throttle.end());
      subscriber.add(paused$.subscribe((paused) => (server.throttle.paused = paused)));
      subscriber.add(lied$.subscribe({ error: (error: unknown) => subscriber.error(error) }));
      subscriber.add(both$.subscribe(subscriber));
    });
  });

/** One connection: stretch by stretch, as long as there is anything to ask for. */
const connection = (server: WebServer): Observable<Block> =>
  defer(() => {
    const { picker, have, options, throttle, seed } = server;
    const { wake$, last = () => false, places } = options;
    const { host } = seed.address;
    const requests = new WebRequests(picker, have, now(), server.connections);
    let over = false;
    let asking: WebAsk | undefined;
    const stretch$ = defer(() => {
      over = server.whole !== undefined && server.whole !== requests;
      if (over) return EMPTY;
      const full = !throttle.paused && !places.take(host, requests);
      const may = !throttle.paused && !full;
      const blocks = may ? requests.next(picker.readers.reading ? SHORT : STRETCH, now()) : undefined;
      if (blocks === undefined) places.leave(host, requests);
      if (blocks !== undefined) return webStretch(server, requests, blocks, (ask) => (asking = ask));
      // A piece that is being checked may turn out corrupt.
      over = last() && picker.drafts === 0 && !picker.wants(have);
      const woken$ = full ? race(wake$, timer(PLACE_WITHIN)) : wake$;
      return over ? EMPTY : woken$.pipe(take(1), ignoreElements());
    });
    return stretch$.pipe(
      repeat({ delay: () => (over ? EMPTY : of(undefined)) }),
      retry({ delay: (error: unknown, count) => again(server, requests, asking, error, count), resetOnSuccess: true }),
      finalize(() => {
        places.leave(host, requests);
        requests.end();
      }),
    );
  });

/** When a connection that has failed asks again; errors if it does not. */
const again = (
  { have, options: { failed, random, places }, seed }: WebServer,
  requests: WebRequests,
  asking: WebAsk | undefined,
  error: unknown,
  count: number,
): Observable<unknown> => {
  requests.release();
  places.leave(seed.address.host, requests);
  if (!(error instanceof WebSeedError || error instanceof NetworkError)) return throwError(() => error);
  if (error instanceof WebSeedError && error.code === 'absent' && asking !== undefined) {
    for (let piece = asking.pieces[0]; piece <= asking.pieces[1]; piece++) have.clear(piece);
    if (have.count === 0) return throwError(() => error);
    failed(seed, webFailure(asking.url ?? seed.url, error), false);
    return of(undefined);
  }
  const lasting = error.code === 'useless' || error.code === 'refused-address' || (error as NetworkError).lasting;
  if (lasting || count > MAX_FAILURES) return throwError(() => error);
  failed(seed, webFailure(seed.url, error), false);
  return timer((error instanceof WebSeedError ? error.retryIn : undefined) ?? pauseOf(count, random));
};
