import { distinctUntilChanged, interval, isObservable, Observable, type OperatorFunction, switchMap } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { Block, Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { addressText } from '../src/protocol/encoding/address.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import type { PiecePicker } from '../src/torrent/picker/piecePicker.ts';
import { RequestLoop } from '../src/torrent/requests/requestLoop.ts';
import type { WindowRule } from '../src/torrent/requests/windowRule.ts';
import type { Allowance } from '../src/torrent/rates/tokenBucket.ts';

export interface RequestBlocksOptions {
  /** There are blocks, or there is room, for further requests. */
  readonly wake$: Observable<unknown>;
  /**
   * Milliseconds without a block after which a peer that unchoked us is given up; called every second while the peer
   * owes us one. Default one minute.
   */
  readonly patience?: (peer: Peer) => number;
  /** Called once a second for each peer that owes us a block, before `patience` is called. */
  readonly awaited?: (peer: Peer) => void;
  /** Do other peers wait for this peer's place? Then ten chokes without a block end it. Default never. */
  readonly contested?: () => boolean;
  /** A rate limit, consulted before each request. Blocks that it holds back do not count against the peer. */
  readonly limit?: Allowance | undefined;
  /**
   * How many requests to keep in flight, instead of as many as the peer's rate needs. A stream of rules is obeyed from
   * the next choice on; each peer subscribes to it, so it repeats its last rule (`startWith`, `shareReplay`).
   */
  readonly window?: WindowRule | Observable<WindowRule | undefined> | undefined;
  /** Is called once with each peer that blocks are requested from, and with its counter of requests in flight. */
  readonly asks?: (peer: Peer, asked: { readonly inFlight: number }) => void;
}

/**
 * Requests blocks from an unchoked peer and keeps its request window full.
 *
 * ```
 * they    U-------1-2-------3-C
 * writes  (RRRR)----(RRRR)-----
 * gives   --------1-2-------3--
 * ```
 *
 * The picker chooses the blocks, the window their number. A block is passed on only if it was requested from this peer
 * and is still missing; its bytes are lent until `next` returns. The window is adjusted once a second. A `limit` is
 * consulted first; while it holds requests back, the peer is not considered late. The functions in the options must not
 * change anything.
 *
 * At a choke, requests in flight go back to the picker; with the fast extension only once the peer rejects them, or
 * after half a second. From then on only allowed-fast pieces are requested. A block that arrives nevertheless is late,
 * and accepted like any other.
 *
 * A peer that keeps us waiting is snubbed: its blocks are requested from other peers, and only one at a time from it. A
 * peer that drops requests, while it answers later ones, gets them again, and from then on no more at once than it
 * keeps. A silent peer gets one of them again, to learn whether it dropped the others. A peer that chokes us again and
 * again gets new requests at most ten times a second.
 *
 * Errors with `PeerError`: `silent` when no block came for `patience`, including chokes that left requests unanswered,
 * or between ten chokes while the place is `contested`; `unexpected` after ten blocks that were never requested, or
 * sent more often than requested, of which one is forgiven every half a minute; and with the errors of `wake$`.
 *
 * @example
 * peers$.pipe(whenUnchoked(picker), requestBlocks(picker, { wake$, window: 10 }));
 *
 * @see BEP 3, BEP 6
 */
export const requestBlocks =
  (
    picker: PiecePicker,
    { wake$, patience = () => 60_000, awaited, contested = () => false, limit, window, asks }: RequestBlocksOptions,
  ): OperatorFunction<Peer, Block> =>
  (peers) =>
    peers.pipe(
      distinctUntilChanged(), // later unchokes are heard from the peer itself
      switchMap(
        (peer) =>
          new Observable<Block>((subscriber) => {
            const error = (cause: unknown): void => subscriber.error(cause);
            const fault = (code: 'silent' | 'unexpected', what: string): void => {
              error(new PeerError(code, `${addressText(peer.address)}: ${what}`));
            };
            const loop = new RequestLoop(picker, peer, { clock: now, allowance: limit, contested, fault });
            asks?.(peer, loop);
            const hear = (message: Message): void => {
              if (message.type !== 'piece') return loop.heard(message);
              if (loop.took(message))
                subscriber.next({ piece: message.piece, begin: message.begin, bytes: message.bytes, from: peer });
              loop.goOn();
            };
            const tick = (): void => {
              const silence = loop.tick();
              if (silence <= 0) return;
              awaited?.(peer);
              if (silence >= patience(peer))
                fault('silent', `unchoked us and sent no block for ${Math.round(silence / 1000)} s`);
            };
            subscriber.add(() => loop.end());
            subscriber.add(peer.messages$.subscribe({ next: hear, error, complete: () => subscriber.complete() }));
            subscriber.add(wake$.subscribe({ next: () => loop.refill(), error }));
            subscriber.add(interval(1000).subscribe(tick));
            if (isObservable(window)) subscriber.add(window.subscribe({ next: (rule) => (loop.rule = rule), error }));
            else loop.rule = window;
            loop.start();
          }),
      ),
    );
