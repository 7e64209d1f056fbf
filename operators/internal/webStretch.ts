import { concatMap, from, interval, Observable } from 'rxjs';
import { now } from '../../src/contracts/clock.ts';
import type { Env } from '../../src/contracts/env.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { Block, WebSeed } from '../../src/contracts/peer.ts';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import { BLOCK } from '../../src/torrent/geometry.ts';
import type { Wanted } from '../../src/torrent/picker/openPiece.ts';
import type { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { BlockCutter } from '../../src/torrent/webSeeds/blockCutter.ts';
import type { HostPlaces } from '../../src/torrent/webSeeds/hostPlaces.ts';
import { type WebAsk, webAsks } from '../../src/torrent/webSeeds/webAsk.ts';
import { Remembered } from '../../src/torrent/webSeeds/remembered.ts';
import type { WebRequests } from '../../src/torrent/webSeeds/webRequests.ts';
import { webBody } from './webBody.ts';
import type { Grown, Reading } from './webReading.ts';
import type { WebSeedOptions } from './webSeedOptions.ts';
import { WebThrottle } from './webThrottle.ts';

/** Milliseconds without a byte after which an answer is given up. */
const SILENCE = 30_000;

export type WebServerOptions = WebSeedOptions &
  Required<Pick<WebSeedOptions, 'failed'>> & {
    readonly httpStream: NonNullable<Env['httpStream']>;
    readonly random: Env['random'];
    /** Which connections to a host may ask it for something. */
    readonly places: HostPlaces;
  };

/** What the connections to one server share. */
export class WebServer {
  /** The pieces that it has, as far as is known. */
  readonly have: Bitfield;
  readonly seed: WebSeed;
  readonly picker: PiecePicker;
  readonly options: WebServerOptions;
  readonly throttle: WebThrottle;
  readonly remembered = new Remembered();
  readonly connections = new Set<WebRequests>();
  /** The one connection to a server that sends only whole files. */
  whole: WebRequests | undefined;

  constructor(seed: WebSeed, picker: PiecePicker, options: WebServerOptions) {
    this.seed = seed;
    this.picker = picker;
    this.options = options;
    this.throttle = new WebThrottle(options.limit);
    this.have = new Bitfield(picker.geometry.pieceCount);
    this.have.setAll();
  }
}

/**
 * A server that knows no ranges sends all of a file: what follows in it is read by one connection, as far as it is
 * wanted.
 */
const grown = (
  server: WebServer,
  requests: WebRequests,
  origin: number | undefined,
  fileEnd: number,
  add: (blocks: readonly Wanted[]) => void,
): Grown => {
  server.whole ??= requests;
  if (server.whole !== requests || origin === undefined) return undefined;
  const { geometry } = server.picker;
  const end = origin + fileEnd;
  const [after] = geometry.piecesOf(end, 0);
  const more = requests.more(geometry.pieceOffset(after) + geometry.pieceSize(after) <= end ? after : after - 1);
  const piece = Array.isArray(more) ? (more as readonly Wanted[])[0]?.piece : undefined;
  if (piece === undefined) return more === 'full' ? 'full' : undefined;
  add(more as readonly Wanted[]);
  const begin = geometry.pieceOffset(piece) - origin;
  return { begin, end: begin + geometry.pieceSize(piece) };
};

/** The blocks of one stretch. Errors with what the server, or the network, does wrong. */
export const webStretch = (
  server: WebServer,
  requests: WebRequests,
  blocks: readonly Wanted[],
  asks: (ask: WebAsk) => void,
): Observable<Block> =>
  new Observable((subscriber) => {
    const { seed, picker, throttle } = server;
    const { torrent, wake$, came = () => {}, httpStream } = server.options;
    const how = { held$: throttle.held$, stranger: !seed.given, plainNear: !seed.given };
    const cutter = new BlockCutter(picker.geometry, blocks, (piece, block, bytes) => {
      // What comes in the same chunk after we have left is not held by anybody.
      if (!subscriber.closed && requests.received(piece, block, bytes.length))
        subscriber.next({ piece, begin: block * BLOCK, bytes, from: seed });
    });
    const readingOf = ({ origin }: WebAsk): Reading => ({
      wake$,
      hold: (full) => throttle.hold(full),
      came: (bytes) => {
        requests.heard(now());
        came(seed, bytes);
        throttle.came(bytes);
      },
      grow: (fileEnd) => grown(server, requests, origin, fileEnd, (more) => cutter.add(more)),
    });
    const bytes$ = from(webAsks(seed, torrent, picker.geometry, blocks)).pipe(
      concatMap((ask) => {
        asks(ask);
        return webBody(httpStream, ask, how, readingOf(ask), server.remembered);
      }),
    );
    const error = (cause: unknown): void => subscriber.error(cause);
    subscriber.add(interval(1000).subscribe(() => listen(requests, throttle, error)));
    const next = (chunk: Uint8Array): void => cutter.push(chunk);
    subscriber.add(bytes$.subscribe({ next, error, complete: () => subscriber.complete() }));
  });

/** Every second: a server that is silent is given up, unless we make it wait. */
const listen = (requests: WebRequests, throttle: WebThrottle, fail: (cause: NetworkError) => void): void => {
  if (throttle.held) requests.heard(now());
  else if (requests.tick(now()) >= SILENCE)
    fail(new NetworkError('timeout', 'HTTP', `no byte for ${SILENCE / 1000} s`));
};
