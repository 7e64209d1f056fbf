import { now } from '../../src/contracts/clock.ts';
import type { Peer } from '../../src/contracts/peer.ts';
import type { Message } from '../../src/protocol/peer/messages.ts';
import { type RangeSource, keyOf } from '../../src/torrent/merkle/rangeSource.ts';
import type { Conversation } from './eachPeer.ts';

/** Requests in flight with one peer. */
const MAX_ASKED = 4;
/** Milliseconds after which no answer to a request is expected any more. */
const EXPIRES = 10_000;
/** Answers that were not asked for, after which a peer is hung up on. */
const MAX_UNASKED = 10;
/** Milliseconds for which a peer that has rejected a request is asked nothing. */
const REST = 10_000;

/** Asks one peer for the hashes that `source` wants. Depends on who else hears the answers: all of them hear all. */
export class RangeAsker {
  readonly #peer: Peer;
  readonly #source: RangeSource;
  readonly #fail: Conversation<never>['fail'];
  readonly #asked = new Map<string, number>();
  #unasked = 0;
  #restsUntil = -Infinity;

  constructor(peer: Peer, source: RangeSource, fail: Conversation<never>['fail']) {
    this.#peer = peer;
    this.#source = source;
    this.#fail = fail;
  }

  readonly ask = (): void => {
    for (const [key, at] of this.#asked) if (now() - at >= EXPIRES) this.#asked.delete(key);
    while (this.#asked.size < MAX_ASKED && now() >= this.#restsUntil) {
      const request = this.#source.next(now(), this.#may);
      if (request === undefined) return;
      this.#asked.set(keyOf(request), now());
      this.#peer.send(request);
    }
  };

  /** Takes an answer. True if something else may be asked for now. */
  hear(message: Message): boolean {
    if (message.type !== 'hashes' && message.type !== 'hashReject') return false;
    if (!this.#asked.delete(keyOf(message))) {
      if (++this.#unasked >= MAX_UNASKED)
        this.#fail('unexpected', `${MAX_UNASKED} answers about hashes that nobody asked for`);
      return false;
    }
    if (message.type === 'hashReject') {
      this.#restsUntil = now() + REST;
      this.#source.released(message);
    } else if (this.#source.received(message) === 'wrong') {
      this.#fail('corrupt', 'hashes that are not of this torrent');
      return false;
    }
    return true;
  }

  readonly #may = (key: string, piece?: number): boolean =>
    !this.#asked.has(key) && (piece === undefined || (this.#peer.state.v2 && this.#peer.state.have.has(piece)));
}
