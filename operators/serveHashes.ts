import { defaultIfEmpty, isObservable, type Observable, type OperatorFunction, take } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import type { HashRange } from '../src/protocol/peer/messages.ts';
import { eachPeer } from './internal/eachPeer.ts';

/** Requests of one peer that wait for room in the send buffer. */
const MAX_WAITING = 64;
/** Rejections to a peer that does not read what was sent before. */
const MAX_UNREAD = 1_000;
/** Answers to one peer for which a piece has to be read. */
const MAX_READ = 256;

/** What hashes are taken from: those of a range, and what proves them; undefined for what there is not. */
export interface HashesGiven {
  /** Hashes that have to be read first come by an Observable. */
  readonly hashes: (range: HashRange<'hashRequest'>) => Uint8Array | Observable<Uint8Array | undefined> | undefined;
  /** How many answers one peer is given at most. */
  readonly most: number;
}

type Asked = HashRange<'hashRequest'>;

/**
 * Gives the hashes of pieces, and those of blocks, to peers that ask for them.
 *
 * ```
 * they    -Q-q-
 * writes  -M-Z-    hashes, and a rejection of what there is not
 * ```
 *
 * A request is rejected if it is for something else than a range of pieces or blocks, if 64 requests are waiting
 * already, or if the peer has had `most` answers, or 256 for which a piece had to be read. One piece is read at a
 * time; later requests wait for it, and for room in the send buffer.
 *
 * Completes when the peer hangs up. Errors with a `PeerError`: `unexpected` for a peer that sends requests, and does
 * not read a thousand rejections.
 *
 * @example
 * const given = new HashShelf(torrent);
 * peers$.pipe(converse(main, serveHashes({ hashes: (range) => given.hashes(range), most: given.most })));
 *
 * @see BEP 52
 */
export const serveHashes = ({ hashes, most }: HashesGiven): OperatorFunction<Peer, never> =>
  eachPeer((peer, { on, until, fail }) => {
    const waiting: Asked[] = [];
    let [given, read, unread, full, reading] = [0, 0, 0, false, false];
    const reject = (range: Asked): void => {
      if (full && ++unread > MAX_UNREAD)
        return fail('unexpected', `asked for hashes, and did not read ${MAX_UNREAD} answers`);
      if (!peer.send({ ...range, type: 'hashReject' })) full = true;
    };
    const answer = (range: Asked, found: Uint8Array | undefined): void => {
      if (found === undefined) reject(range);
      else full = !peer.send({ ...range, type: 'hashes', hashes: found });
    };
    const give = (range: Asked): void => {
      const found = hashes(range);
      if (!isObservable(found)) return answer(range, found);
      if (++read > MAX_READ) return reject(range);
      reading = true;
      on(found.pipe(take(1), defaultIfEmpty(undefined)), (hashed) => {
        reading = false;
        answer(range, hashed);
        goOn();
      });
    };
    const goOn = (): void => {
      while (!full && !reading && waiting.length > 0) give(waiting.shift() as Asked);
    };
    until(peer.talk$, (message) => {
      if (message.type !== 'hashRequest') return;
      if (given >= most || waiting.length >= MAX_WAITING) return reject(message);
      given++;
      // What is lent in a request is kept until it is answered.
      waiting.push({ ...message, root: message.root.slice() });
      goOn();
    });
    on(peer.drained$, () => {
      [full, unread] = [false, 0];
      goOn();
    });
  });
