import { interval, type Observable, type OperatorFunction, type Subscriber, type Subscription } from 'rxjs';
import type { Peer } from '../../src/contracts/peer.ts';
import { type PeerCode, PeerError } from '../../src/contracts/errors.ts';
import { addressText } from '../../src/protocol/encoding/address.ts';
import { Malformed } from '../../src/protocol/encoding/malformed.ts';
import { heldWith } from './onePeer.ts';

/** What a conversation with one peer is made of. All of it ends with the conversation. */
export interface Conversation<T> {
  /** Takes what the conversation yields, and what is to be done when it is over. */
  readonly subscriber: Subscriber<T>;
  /** Subscribes to `source$`, whose error ends the conversation. The subscription returned can end earlier. */
  readonly on: <V>(source$: Observable<V>, next?: (value: V) => void) => Subscription;
  /** Subscribes to `source$`, and ends with it. */
  readonly until: <V>(source$: Observable<V>, next?: (value: V) => void) => void;
  /** Calls `look` at this interval, in milliseconds. */
  readonly every: (milliseconds: number, look: () => void) => void;
  /** Hangs up: an error that names the peer and its offence. */
  readonly fail: (code: PeerCode, what: string, cause?: unknown) => void;
}

/**
 * Holds a conversation with each peer, until the next one comes.
 *
 * ```
 * source  p-----q----
 * p         x-y-z     each heard by `on` or `until`
 * q              x|   ends the conversation if heard by `until`
 * ```
 *
 * A `Malformed` thrown by a listener is the peer's fault: `PeerError('malformed')`. Any other error is passed on
 * unchanged.
 *
 * @example
 * eachPeer((peer, { until, fail }) => until(peer.talk$, ({ type }) => type === 'choke' && fail('useless', 'chokes
 * us')))
 */
export const eachPeer =
  <T = never>(hold: (peer: Peer, conversation: Conversation<T>) => void): OperatorFunction<Peer, T> =>
  (peers) =>
    heldWith<T>(peers, (peer, subscriber) => hold(peer, conversationWith(peer, subscriber)));

const conversationWith = <T>(peer: Peer, subscriber: Subscriber<T>): Conversation<T> => {
  const error = (cause: unknown): void => subscriber.error(cause);
  const fail: Conversation<T>['fail'] = (code, what, cause) =>
    error(new PeerError(code, `${addressText(peer.address)}: ${what}`, { cause }));
  const guarded =
    <V>(hear: (value: V) => void) =>
    (value: V): void => {
      try {
        hear(value);
      } catch (cause) {
        if (cause instanceof Malformed) fail('malformed', cause.message, cause);
        else error(cause);
      }
    };
  const on: Conversation<T>['on'] = (source$, next = () => {}) => {
    const hearing = source$.subscribe({ next: guarded(next), error });
    subscriber.add(hearing);
    return hearing;
  };
  return {
    subscriber,
    on,
    until: (source$, next = () => {}) =>
      void subscriber.add(source$.subscribe({ next: guarded(next), error, complete: () => subscriber.complete() })),
    every: (milliseconds, look) => void on(interval(milliseconds), look),
    fail,
  };
};
