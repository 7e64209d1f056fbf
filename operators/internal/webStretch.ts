import { concatMap, from, interval, Observable, tap } from 'rxjs';
import { now } from '../../src/contracts/clock.ts';
import type { Env } from '../../src/contracts/env.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import type { Block, WebSeed } from '../../src/contracts/peer.ts';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import { BLOCK } from '../../src/torrent/geometry.ts';
import type { Wanted } from '../../src/torrent/picker/openPiece.ts';
import type { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { BlockCutter } from '../../src/torrent/webSeeds/blockCutter.ts';
import { type WebAsk, webAsks } from '../../src/torrent/webSeeds/webAsk.ts';
import type { WebRequests } from '../../src/torrent/webSeeds/webRequests.ts';
import { webBody } from './webBody.ts';
import type { WebSeedOptions } from './webSeedOptions.ts';
import { WebThrottle } from './webThrottle.ts';

/** Milliseconds without a byte after which an answer is given up. */
const SILENCE = 30_000;

export type WebServerOptions = WebSeedOptions &
  Required<Pick<WebSeedOptions, 'failed'>> & {
    readonly httpStream: NonNullable<Env['httpStream']>;
    readonly random: Env['random'];
  };

/** What the connections to one server share. */
export class WebServer {
  /** The pieces that it has, as far as is known. */
  readonly have: Bitfield;
  readonly seed: WebSeed;
  readonly picker: PiecePicker;
  readonly options: WebServerOptions;
  readonly throttle: WebThrottle;
  readonly connections = new Set<WebRequests>();

  constructor(seed: WebSeed, picker: PiecePicker, options: WebServerOptions) {
    this.seed = seed;
    this.picker = picker;
    this.options = options;
    this.throttle = new WebThrottle(options.limit);
    this.have = new Bitfield(picker.geometry.pieceCount);
    this.have.setAll();
  }
}

/** The blocks of one stretch. Errors with what the server, or the network, does wrong. */
export const webStretch = (
  { seed, picker, throttle, options }: WebServer,
  requests: WebRequests,
  blocks: readonly Wanted[],
  asks: (ask: WebAsk) => void,
): Observable<Block> =>
  new Observable((subscriber) => {
    const { torrent, came = () => {}, httpStream } = options;
    const stranger = !seed.given;
    const how = { held$: throttle.held$, stranger, plainNear: stranger };
    const cutter = new BlockCutter(picker.geometry, blocks, (piece, block, bytes) => {
      // What comes in the same chunk after we have left is not held by anybody.
      if (!subscriber.closed && requests.received(piece, block, bytes.length))
        subscriber.next({ piece, begin: block * BLOCK, bytes, from: seed });
    });
    const counted = (ask: WebAsk, { length }: Uint8Array): void => {
      requests.heard(now());
      if (ask.zeros) return;
      came(seed, length);
      throttle.came(length);
    };
    const bytes$ = from(webAsks(seed, torrent, picker.geometry, blocks)).pipe(
      concatMap((ask) => {
        asks(ask);
        return webBody(httpStream, ask, how).pipe(tap((chunk) => counted(ask, chunk)));
      }),
    );
    const silence = (cause: NetworkError): void => subscriber.error(cause);
    subscriber.add(interval(1000).subscribe(() => listen(requests, throttle, silence)));
    subscriber.add(
      bytes$.subscribe({
        next: (chunk) => cutter.push(chunk),
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
  });

/** Every second: a server that is silent is given up, unless it is we who make it wait. */
const listen = (requests: WebRequests, throttle: WebThrottle, fail: (cause: NetworkError) => void): void => {
  if (throttle.held) requests.heard(now());
  else if (requests.tick(now()) >= SILENCE)
    fail(new NetworkError('timeout', 'HTTP', `no byte for ${SILENCE / 1000} s`));
};
