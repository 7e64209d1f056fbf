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
  /** There are blocks, or there is room, to ask for more. */
  readonly wake$: Observable<unknown>;
  /**
   * Milliseconds without a block after which a peer that unchoked us is left; asked anew every second while it owes us
   * one. One minute.
   */
  readonly patience?: (peer: Peer) => number;
  /** Hears once a second of a peer that owes us a block, before it is asked how much `patience` there is with it. */
  readonly awaited?: (peer: Peer) => void;
  /** Others wait for its place: then ten chokes without a block between them are enough. Never, unless given. */
  readonly contested?: () => boolean;
  /**
   * A rate limit: asked before the peer is, block by block. Nothing that it holds back is taken for a fault of the
   * peer.
   */
  readonly limit?: Allowance | undefined;
  /**
   * How many requests to keep in flight, instead of as many as the peer's rate asks for. A stream of rules is obeyed
   * from the next choice on; each peer subscribes to it, so it repeats its last rule (`startWith`, `shareReplay`).
   */
  readonly window?: WindowRule | Observable<WindowRule | undefined> | undefined;
  /** Hears of each peer that is asked, once, and where its requests in flight can be read from then on. */
  readonly asks?: (peer: Peer, asked: { readonly inFlight: number }) => void;
}

/**
 * Asks an unchoked peer for blocks and keeps its request window full.
 *
 * ```
 * they    U-------1-2-------3-C
 * writes  (RRRR)----(RRRR)-----
 * gives   --------1-2-------3--
 * ```
 *
 * Which blocks is the picker's choice, how many the window's. A block is passed on only if this very block was asked of
 * this very peer and is still missing; its bytes are lent until `next` returns. At a choke what is in flight goes back
 * to the picker (with the fast extension: once they reject it, or have had half a second for that), and they are asked
 * only for what they allow us all the same. What comes of it nevertheless is late, and as good as any other block. A
 * peer that keeps us waiting is snubbed: others are asked for its blocks, and it for one at a time. One that passes
 * requests over, while it answers later ones, is asked for them again, and from then on for no more at one time than it
 * keeps; one that falls silent, for one of them, to learn whether it has dropped the others; one that chokes us again
 * and again, ten times a second at the most. The window is looked at once a second. A `limit` is asked first; while it
 * holds back, the peer is waited for by nobody. None of the questions in the options changes anything.
 *
 * Errors with `PeerError`: `silent` when no block came for `patience`, chokes that left requests unanswered included,
 * or between ten chokes while the place is `contested`; `unexpected` after ten blocks that it was never asked for, or
 * more often than it was asked, of which one is forgiven every half a minute; and with those of `wake$`.
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
            loop.refill();
          }),
      ),
    );
