import { catchError, defer, EMPTY, mergeMap, type OperatorFunction, throwError } from 'rxjs';
import type { Env } from '../src/contracts/env.ts';
import { NetworkError } from '../src/contracts/errors.ts';
import type { Block, WebSeed } from '../src/contracts/peer.ts';
import type { PiecePicker } from '../src/torrent/picker/piecePicker.ts';
import { HostPlaces } from '../src/torrent/webSeeds/hostPlaces.ts';
import { WebSeedError } from '../src/torrent/webSeeds/webAnswer.ts';
import { webFailure } from './internal/webBody.ts';
import { webConnections } from './internal/webConnections.ts';
import type { WebSeedOptions } from './internal/webSeedOptions.ts';

export type { ExpelledSeed, WebSeedOptions } from './internal/webSeedOptions.ts';

/**
 * Fetches blocks from web servers, beside peers: each server has all files, and needs no handshake.
 *
 * ```
 * source  s---------
 * server    (12)(34)     each answer is a stretch of blocks
 * gives   --1-2-3-4-
 * ```
 *
 * The picker chooses the blocks: whole pieces that follow each other, so that a request is worth its round trip. Each
 * server has one connection at first, and two once it has proved itself, but a host at most three, however many URLs
 * lead to it, and however many torrents share its `places`. Where a URL was redirected to is asked from then on. Blocks
 * of a server that keeps us waiting are asked of others. What a server does not have is asked of others, too; a server
 * that is busy is left in peace as long as it says, one that fails for longer and longer. After six failures in a row
 * without a block, and at once if it does not answer as a web seed does, it is given up. Wrong bytes are found by
 * `banLiars`, which names the server to `expelled$`.
 *
 * Ends a server's connections when it completes or fails; never errors for the fault of a server.
 *
 * @example
 * const address: PeerAddress = { host: 'web.example', port: 80, source: 'manual' };
 * const seed: WebSeed = { address, url: 'http://web.example/', kind: 'url-list', given: true };
 * merge(blocks$, of(seed).pipe(webSeed(picker, env, { torrent, wake$ }))).pipe(assemblePieces(drafts));
 *
 * @see BEP 17, BEP 19
 */
export const webSeed =
  (
    picker: PiecePicker,
    env: Pick<Env, 'httpStream' | 'random'>,
    options: WebSeedOptions,
  ): OperatorFunction<WebSeed, Block> =>
  (seeds) =>
    defer(() => {
      const { places = new HostPlaces() } = options;
      return seeds.pipe(
        mergeMap((seed) => {
          const { httpStream } = env;
          if (httpStream === undefined) return EMPTY;
          const { failed = () => {} } = options;
          return webConnections(seed, picker, {
            ...options,
            places,
            failed,
            httpStream,
            random: () => env.random(),
          }).pipe(
            catchError((error: unknown) => {
              if (!(error instanceof WebSeedError || error instanceof NetworkError)) return throwError(() => error);
              failed(seed, webFailure(seed.url, error), true);
              return EMPTY;
            }),
          );
        }, AT_ONCE),
      );
    });

/** Servers that are asked at one time; the others wait until one of these is given up. */
const AT_ONCE = 10;
