import { distinctUntilChanged, interval, Observable, type OperatorFunction, switchMap } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { Block, Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { addressText } from '../src/protocol/encoding/address.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import type { PiecePicker } from '../src/torrent/picker/piecePicker.ts';
import { Habits, MAX_UNASKED } from '../src/torrent/requests/habits.ts';
import { Requests } from '../src/torrent/requests/requests.ts';
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
 * @see BEP 3, BEP 6
 */
export const requestBlocks =
  (
    picker: PiecePicker,
    { wake$, patience = () => 60_000, awaited, contested = () => false, limit }: RequestBlocksOptions,
  ): OperatorFunction<Peer, Block> =>
  (peers) =>
    peers.pipe(
      distinctUntilChanged(), // later unchokes are heard from the peer itself
      switchMap(
        (peer) =>
          new Observable<Block>((subscriber) => {
            const { state } = peer;
            const limited = limit && { allowance: limit, wake: () => requests.refill(now()) };
            const habits = new Habits(now());
            let requests = new Requests(picker, peer, now(), limited, habits);
            let unexpected = 0; // of `requests`, as far as they are counted
            let allowed = state.allowedFast.size; // pieces that may be asked for while we are choked
            let had = state.have.count;
            const resume = (): void => {
              if (requests.ended) {
                requests = new Requests(picker, peer, now(), limited, habits);
                unexpected = 0;
              }
              requests.refill(now());
            };
            const lied = (): void => {
              if (habits.lies.add(now()))
                subscriber.error(blame(peer, 'unexpected', `sent ${MAX_UNASKED} blocks that were not asked for`));
            };
            const hear = (message: Message): void => {
              switch (message.type) {
                case 'piece':
                  if (message.bytes.length === 0 && requests.declined(message, now())) break;
                  if (requests.received(message)) {
                    subscriber.next({ piece: message.piece, begin: message.begin, bytes: message.bytes, from: peer });
                  } else if (requests.unexpected !== unexpected) {
                    unexpected = requests.unexpected;
                    lied();
                  }
                  if (requests.hungry) requests.refill(now());
                  break;
                case 'have':
                  // A peer that has something to give again is not kept waiting; a busy one is asked when there is
                  // room. One that repeats itself is not heard.
                  if (requests.inFlight === 0 && state.have.count !== had && !picker.stored.has(message.piece))
                    requests.refill(now());
                  had = state.have.count;
                  break;
                case 'reject':
                  requests.rejected(message, now());
                  break;
                case 'choke':
                  requests.choked(now());
                  if (habits.barren >= MAX_BARREN && contested())
                    subscriber.error(blame(peer, 'silent', `choked us ${MAX_BARREN} times before it sent a block`));
                  break;
                case 'unchoke':
                  requests.giveUpChoked();
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
                if (silence <= 0) return;
                awaited?.(peer);
                if (silence >= patience(peer))
                  subscriber.error(
                    blame(peer, 'silent', `unchoked us and sent no block for ${Math.round(silence / 1000)} s`),
                  );
              }),
            );
            requests.refill(now());
          }),
      ),
    );

/**
 * Chokes in a row, each with requests in flight or all rejected, and no block, before others that wait have their turn.
 */
const MAX_BARREN = 10;

const blame = ({ address }: Peer, code: 'silent' | 'unexpected', message: string): PeerError =>
  new PeerError(code, `${addressText(address)}: ${message}`);
