import { interval, Observable, type OperatorFunction, type Subscription, switchMap } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { addressText } from '../src/protocol/encoding/address.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import type { Geometry } from '../src/torrent/geometry.ts';
import { UploadSession } from '../src/torrent/upload/uploadSession.ts';
import type { Allowance } from '../src/torrent/rates/tokenBucket.ts';

/** Where blocks come from. */
export interface Shelf {
  /** May piece `index` be given to others? */
  has(index: number): boolean;
  /**
   * Fills `into` from `begin` of piece `index`, and emits true; or false where the disk no longer has what was stored.
   */
  read(index: number, begin: number, into: Uint8Array): Observable<boolean>;
}

export interface ServeBlocksOptions {
  /** Requests of one peer that are kept; others are refused. 500. */
  readonly reqq?: number;
  /** Asked for leave before each block. */
  readonly limit?: Allowance | undefined;
  /** May a choked peer have the pieces that it was allowed (BEP 6)? Asked anew at each request. Yes if not given. */
  readonly allowsFast?: () => boolean;
}

/** Milliseconds between looks at whether they still read. */
const LOOK_EVERY = 10_000;

/**
 * Answers requests while we do not choke them: in the order in which they came, from disk in stretches, no faster than
 * they read.
 *
 * ```
 * they    -R-R-X----
 * writes  --P-------
 * ```
 *
 * What is cancelled is not sent. What is out of range, of more than 128 KiB, not stored, one too many, or asked for
 * while choked, unless it is of a piece that is allowed fast (twice at most), is refused: rejected if both sides speak
 * the fast extension, else passed over. So is at a choke whatever has not been sent. At most 256 KiB are read ahead,
 * and as much is written before they have read what came before.
 *
 * Completes when they hang up. Errors with a `PeerError`: `unexpected` after 300 requests in vain, or 2000 answers that
 * nobody reads;
 * `timeout` for a peer that has read nothing for two minutes. And with those of the shelf.
 *
 * @example
 * peers$.pipe(converse(main, advertise(picker, stored$), rechoke(choker), serveBlocks(shelf, geometry)));
 *
 * @see BEP 3, BEP 6
 */
export const serveBlocks =
  (
    shelf: Shelf,
    geometry: Geometry,
    { reqq = 500, limit, allowsFast }: ServeBlocksOptions = {},
  ): OperatorFunction<Peer, never> =>
  (peers) =>
    peers.pipe(
      switchMap(
        (peer) =>
          new Observable<never>((subscriber) => {
            const error = (cause: unknown): void => subscriber.error(cause);
            const offended = (code: 'unexpected' | 'timeout', what: string): void => {
              error(new PeerError(code, `${addressText(peer.address)}: ${what}`));
            };
            let reading: Subscription | undefined;
            const read = (index: number, begin: number, into: Uint8Array, done: (whole: boolean) => void): void => {
              reading = shelf.read(index, begin, into).subscribe({ next: done, error });
            };
            const serving = new UploadSession(
              peer,
              { geometry, has: (index) => shelf.has(index), read, reqq, limit, allowsFast, offended },
              now(),
            );
            const hear = (message: Message): void => {
              if (message.type === 'request') serving.requested(message, now());
              else if (message.type === 'cancel') serving.cancelled(message);
            };
            subscriber.add(() => {
              serving.end();
              reading?.unsubscribe();
            });
            subscriber.add(peer.talk$.subscribe({ next: hear, error, complete: () => subscriber.complete() }));
            subscriber.add(peer.drained$.subscribe(() => serving.drained(now())));
            subscriber.add(interval(LOOK_EVERY).subscribe(() => serving.look(now())));
          }),
      ),
    );
