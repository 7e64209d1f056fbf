import type { OperatorFunction } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import type { HashRange } from '../src/protocol/peer/messages.ts';
import { eachPeer } from './internal/eachPeer.ts';

/** Requests of one peer that wait for room in the send buffer. */
const MAX_WAITING = 64;
/** Rejections to a peer that does not read what was sent before. */
const MAX_UNREAD = 1_000;

/** What hashes are taken from: those of a range, and what proves them; undefined for what there is not. */
export interface HashShelf {
  readonly hashes: (range: HashRange<'hashRequest'>) => Uint8Array | undefined;
  /** How many answers one peer is given at most. */
  readonly most: number;
}

/**
 * Gives the hashes of pieces to peers that ask for them.
 *
 * ```
 * they    -Q-q-
 * writes  -M-Z-    hashes, and a rejection of what there is not
 * ```
 *
 * A request is rejected if it is for something else than a range of pieces, if 64 requests are waiting already for room
 * in the send buffer, or if the peer has had `most` answers. What is lent in a request is kept until it is answered.
 *
 * Completes when the peer hangs up. Errors with a `PeerError`: `unexpected` for a peer that sends requests, and does
 * not read a thousand rejections.
 *
 * @example
 * peers$.pipe(converse(main, serveHashes(hashShelf(torrent))));
 *
 * @see BEP 52
 */
export const serveHashes = ({ hashes, most }: HashShelf): OperatorFunction<Peer, never> =>
  eachPeer((peer, { on, until, fail }) => {
    const waiting: HashRange<'hashRequest'>[] = [];
    let [given, unread, full] = [0, 0, false];
    const reject = (range: HashRange<'hashRequest'>): void => {
      if (full && ++unread > MAX_UNREAD)
        return fail('unexpected', `asked for hashes, and did not read ${MAX_UNREAD} answers`);
      if (!peer.send({ ...range, type: 'hashReject' })) full = true;
    };
    const give = (range: HashRange<'hashRequest'>): void => {
      const found = hashes(range);
      if (found === undefined) return reject(range);
      full = !peer.send({ ...range, type: 'hashes', hashes: found });
    };
    until(peer.talk$, (message) => {
      if (message.type !== 'hashRequest') return;
      if (given >= most || waiting.length >= MAX_WAITING) return reject(message);
      given++;
      if (full) waiting.push({ ...message, root: message.root.slice() });
      else give(message);
    });
    on(peer.drained$, () => {
      full = false;
      unread = 0;
      for (let next = waiting.shift(); next !== undefined; next = full ? undefined : waiting.shift()) give(next);
    });
  });
