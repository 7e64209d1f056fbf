import { interval, type Observable, type OperatorFunction, type Subscription } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { addressText } from '../src/protocol/encoding/address.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import type { Geometry } from '../src/torrent/geometry.ts';
import { ReadBudget } from '../src/torrent/upload/readBudget.ts';
import { UploadSession } from '../src/torrent/upload/uploadSession.ts';
import type { Allowance } from '../src/torrent/rates/tokenBucket.ts';
import { heldWith } from './internal/onePeer.ts';

/** The pieces that blocks are read from. */
export interface Shelf {
  /** May piece `index` be uploaded? */
  has(index: number): boolean;
  /**
   * Fills `into` from `begin` of piece `index`, and emits true; or false where the disk no longer has the stored bytes.
   */
  read(index: number, begin: number, into: Uint8Array): Observable<boolean>;
  /** Prepares piece `index`, which is going to be read, until it is unsubscribed from. Emits nothing. */
  expect?(index: number): Observable<never>;
}

export interface ServeBlocksOptions {
  /**
   * Requests of one peer that are queued; any more are rejected. Default 500. A peer that does not support the fast
   * extension can't be told of that: 2000 of its requests are queued, and then it is left.
   */
  readonly reqq?: number;
  /** A rate limit, consulted before each block. */
  readonly limit?: Allowance | undefined;
  /** Memory for long reads, which several torrents may share. Default 32 MiB for all peers that are served by this. */
  readonly reads?: ReadBudget | undefined;
  /** May a choked peer have its allowed-fast pieces (BEP 6)? Called for each request. Default yes. */
  readonly allowsFast?: () => boolean;
}

/** Milliseconds between checks whether the peer still reads. */
const LOOK_EVERY = 10_000;

/**
 * Answers the requests of an unchoked peer: in their order, with blocks read from disk in stretches, no faster than the
 * peer reads.
 *
 * ```
 * they    -R-R-X----
 * writes  --P-------
 * ```
 *
 * A cancelled request is not answered. A request is refused if it is out of range, for more than 128 KiB, for a piece
 * that is not stored, one too many, or sent while choked (except for an allowed-fast piece, twice at most). A refused
 * request is rejected if both sides support the fast extension, and ignored otherwise. A choke refuses all unanswered
 * requests. At most 256 KiB are written before the peer has read what came before, and as much is read ahead; for a
 * peer that reads as fast as we write, twice as much, and up to 2 MiB if it takes 8 MiB in ten seconds (32 MiB for all
 * peers together). A shelf that can prepare pieces is told of those that were
 * requested.
 *
 * Completes when the peer hangs up. Errors with a `PeerError`: `unexpected` after 300 refused requests, or 2000 answers
 * that the peer does not read; `timeout` for a peer that has read nothing for two minutes. Errors with those of the
 * shelf, too.
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
    { reqq = 500, limit, allowsFast, reads: budget = new ReadBudget() }: ServeBlocksOptions = {},
  ): OperatorFunction<Peer, never> =>
  (peers) =>
    heldWith<never>(peers, (peer, subscriber) => {
      const error = (cause: unknown): void => subscriber.error(cause);
      const offended = (code: 'unexpected' | 'timeout', what: string): void => {
        error(new PeerError(code, `${addressText(peer.address)}: ${what}`));
      };
      let reading: Subscription | undefined;
      const read = (index: number, begin: number, into: Uint8Array, done: (whole: boolean) => void): void => {
        reading = shelf.read(index, begin, into).subscribe({ next: done, error });
      };
      const expect = (index: number): void => void subscriber.add(shelf.expect?.(index).subscribe({ error }));
      const serving = new UploadSession(
        peer,
        { geometry, has: (index) => shelf.has(index), read, expect, reqq, budget, limit, allowsFast, offended },
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
    });
