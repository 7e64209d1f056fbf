import type { MonoTypeOperatorFunction } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { Interest, LOOK_EVERY, type Wishes } from '../src/torrent/peers/interest.ts';
import { FORGIVEN_EVERY, MAX_UNASKED } from '../src/torrent/requests/habits.ts';
import { Offences } from '../src/torrent/requests/offences.ts';
import { eachPeer } from './internal/eachPeer.ts';

export type { Wishes } from '../src/torrent/peers/interest.ts';

export interface WhenUnchokedOptions {
  /** Milliseconds to wait for an unchoke after sending *interested*; called at every look. Default ten minutes. */
  readonly patience?: () => number;
  /** Milliseconds to keep a peer that has nothing we lack; called at every look. Default for ever. */
  readonly idle?: () => number;
}

/**
 * Is *interested* while the peer has what we lack, and emits the peer at each unchoke.
 *
 * ```
 * they    -B-U--C--U
 * writes  -I--------
 * gives   ---p-----p
 * ```
 *
 * The peer's earlier messages count too. The peer is also emitted when it allows us, while choked, a piece that we lack
 * (BEP 6). Keeps the picker's count of what peers have.
 *
 * Errors with `PeerError`: `timeout` when the peer has kept us choked and interested for `patience`, or has had nothing
 * we lack for `idle`, never early, and up to ten seconds late; `unexpected` after ten blocks before the first unchoke.
 *
 * @example
 * peers$.pipe(
 *   whenUnchoked(picker, { patience: () => 60_000 }),
 *   tap(({ address }) => console.log(address, 'serves us')),
 * );
 *
 * @see BEP 3, BEP 6
 */
export const whenUnchoked = (
  wishes: Wishes,
  { patience = () => 600_000, idle = () => Infinity }: WhenUnchokedOptions = {},
): MonoTypeOperatorFunction<Peer> =>
  eachPeer<Peer>((peer, { subscriber, on, until, every, fail }) => {
    const interest = new Interest(wishes, peer);
    const unasked = new Offences(MAX_UNASKED, FORGIVEN_EVERY);
    // Counts blocks sent while choked. It unsubscribes at the first unchoke, so it never sees the bulk of messages.
    const early = on(peer.messages$, ({ type }) => {
      if (type === 'piece' && unasked.add(now()))
        fail('unexpected', `sent ${MAX_UNASKED} blocks before it unchoked us`);
    });
    const pass = (): void => {
      early.unsubscribe();
      subscriber.next(peer);
    };
    subscriber.add(() => interest.end());
    interest.begin();
    until(peer.talk$, (message) => {
      if (interest.heard(message)) pass();
    });
    every(LOOK_EVERY, () => {
      interest.look();
      const complaint = interest.complaint(patience(), idle());
      if (complaint !== undefined) fail('timeout', complaint);
    });
    if (interest.served) pass();
  });
