import { distinctUntilChanged, interval, Observable, type OperatorFunction, switchMap } from 'rxjs';
import { now } from '../src/clock.ts';
import type { Block, Peer } from '../src/env.ts';
import { PeerError } from '../src/errors.ts';
import type { Message } from '../src/protocol/messages.ts';
import type { PiecePicker } from '../src/torrent/piecePicker.ts';
import { Requests } from '../src/torrent/requests.ts';
import type { Allowance } from '../src/torrent/tokenBucket.ts';

export interface RequestBlocksOptions {
  /** There are blocks, or there is room, to ask for more. */
  readonly wake$: Observable<unknown>;
  /** Milliseconds without a block after which a peer that unchoked us is left; asked anew every second. One minute. */
  readonly patience?: () => number;
  /** A rate limit: asked before the peer is, block by block. Nothing that it holds back is taken for a fault of the peer. */
  readonly limit?: Allowance | undefined;
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
 * Which blocks is the picker's choice, how many the window's. A block is passed on only if this very block was asked of this very
 * peer and is still missing; its bytes are lent until `next` returns. At a choke what is in flight goes back to the picker (with
 * the fast extension: once they reject it), and they are asked only for what they allow us all the same. A peer that keeps us waiting is snubbed: others are asked for its blocks, and it
 * for one at a time. The window is looked at once a second. A `limit` is asked first; while it holds back, the peer is waited for by nobody.
 *
 * Errors with `PeerError`: `silent` when no block came for `patience` or between ten chokes, `unexpected` after ten blocks that
 * nobody asked for; and with those of `wake$`.
 *
 * @see BEP 3, BEP 6
 */
export const requestBlocks =
  (picker: PiecePicker, { wake$, patience = () => 60_000, limit }: RequestBlocksOptions): OperatorFunction<Peer, Block> =>
  (peers) =>
    peers.pipe(
      distinctUntilChanged(), // later unchokes are heard from the peer itself
      switchMap(
        (peer) =>
          new Observable<Block>((subscriber) => {
            const { state } = peer;
            const limited = limit && { allowance: limit, wake: () => requests.refill(now()) };
            let requests = new Requests(picker, peer, now(), limited);
            let borne = 0; // unexpected blocks of earlier windows
            let barren = 0; // chokes since the last block
            let allowed = state.allowedFast.size; // pieces that may be asked for while we are choked
            let had = state.have.count;
            const resume = (): void => {
              if (requests.ended) {
                borne += requests.unexpected;
                requests = new Requests(picker, peer, now(), limited);
              }
              requests.refill(now());
            };
            const hear = (message: Message): void => {
              switch (message.type) {
                case 'piece':
                  if (requests.received(message)) {
                    barren = 0;
                    subscriber.next({ piece: message.piece, begin: message.begin, bytes: message.bytes, from: peer });
                  } else if (borne + requests.unexpected >= MAX_UNEXPECTED) {
                    subscriber.error(blame(peer, 'unexpected', `sent ${MAX_UNEXPECTED} blocks that were not asked for`));
                  }
                  if (requests.hungry) requests.refill(now());
                  break;
                case 'have':
                  // Who has something to give again is not kept waiting; who is busy is asked when there is room, and who repeats itself is not heard.
                  if (requests.inFlight === 0 && state.have.count !== had && !picker.stored.has(message.piece)) requests.refill(now());
                  had = state.have.count;
                  break;
                case 'reject':
                  requests.rejected(message, now());
                  break;
                case 'choke':
                  if (!requests.ended && (requests.inFlight > 0 || requests.rejecting) && ++barren >= MAX_BARREN)
                    subscriber.error(blame(peer, 'silent', `choked us ${MAX_BARREN} times before it sent a block`));
                  if (!state.fast) requests.end();
                  break;
                case 'unchoke':
                  resume();
                  break;
                case 'allowedFast':
                  if (state.allowedFast.size > allowed) resume();
                  allowed = state.allowedFast.size;
                  break;
                default:
                  return;
              }
              if (state.choked && requests.inFlight === 0) requests.end();
            };
            subscriber.add(() => requests.end());
            const error = (cause: unknown): void => subscriber.error(cause);
            subscriber.add(peer.messages$.subscribe({ next: hear, error, complete: () => subscriber.complete() }));
            subscriber.add(wake$.subscribe({ next: () => requests.refill(now()), error }));
            subscriber.add(
              interval(1000).subscribe(() => {
                const silence = requests.tick(now());
                // With the fast extension a choke is over when all is rejected, or no longer waited for.
                if (state.choked && requests.inFlight === 0) requests.end();
                else if (silence >= patience()) subscriber.error(blame(peer, 'silent', `unchoked us and sent no block for ${Math.round(silence / 1000)} s`));
              }),
            );
            requests.refill(now());
          }),
      ),
    );

/** Blocks nobody asked for that are borne with. */
const MAX_UNEXPECTED = 10;
/** Chokes in a row, each with requests in flight or all rejected, and no block: a peer could make us ask at the pace of its wire. */
const MAX_BARREN = 10;

const blame = ({ address: { host, port } }: Peer, code: 'silent' | 'unexpected', message: string): PeerError =>
  new PeerError(code, `${host}:${port}: ${message}`);
