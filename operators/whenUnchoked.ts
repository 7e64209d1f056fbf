import type { MonoTypeOperatorFunction } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { Interest, LOOK_EVERY, type Wishes } from '../src/torrent/peers/interest.ts';
import { FORGIVEN_EVERY, MAX_UNASKED } from '../src/torrent/requests/habits.ts';
import { Offences } from '../src/torrent/requests/offences.ts';
import { eachPeer } from './internal/eachPeer.ts';

export type { Wishes } from '../src/torrent/peers/interest.ts';

export interface WhenUnchokedOptions {
  /** Milliseconds to wait for an unchoke after saying *interested*; asked anew every look. Ten minutes. */
  readonly patience?: () => number;
  /** Milliseconds to bear a peer that has nothing we lack; asked anew every look. For ever. */
  readonly idle?: () => number;
}

/**
 * Says *interested* while they have what we lack, and lets the peer through at each unchoke.
 *
 * ```
 * they    -B-U--C--U
 * writes  -I--------
 * gives   ---p-----p
 * ```
 *
 * What the peer said before counts too. It is let through, too, when it allows us a piece that we lack while it chokes
 * us. Keeps the picker's count of what peers have.
 *
 * Errors with `PeerError`: `timeout` when they have kept us choked and interested for `patience`, or have had nothing
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
    // Blocks before they let us ask for any. Not all messages for all that is to come: most are blocks.
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
