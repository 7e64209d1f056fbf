import { interval, type MonoTypeOperatorFunction, Observable, switchMap } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { addressText } from '../src/protocol/encoding/address.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import type { Bitfield } from '../src/torrent/bitfield.ts';
import { FORGIVEN_EVERY, MAX_UNASKED } from '../src/torrent/requests/habits.ts';
import { Offences } from '../src/torrent/requests/offences.ts';

/** What we want of a peer, and the count of what peers have. `PiecePicker` is one. */
export interface Wishes {
  readonly availability: {
    told(who: object, have: Bitfield): void;
    gained(who: object, piece: number): void;
    left(who: object): void;
  };
  /** Have they anything that we lack? */
  wants(have: Bitfield): boolean;
  wantsPiece(piece: number): boolean;
}

export interface WhenUnchokedOptions {
  /** Milliseconds to wait for an unchoke after saying *interested*; asked anew every look. Ten minutes. */
  readonly patience?: () => number;
  /** Milliseconds to bear a peer that has nothing we lack; asked anew every look. For ever. */
  readonly idle?: () => number;
}

/** Milliseconds between looks at whether they still have what we lack. */
const LOOK_EVERY = 10_000;

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
export const whenUnchoked =
  (
    wishes: Wishes,
    { patience = () => 600_000, idle = () => Infinity }: WhenUnchokedOptions = {},
  ): MonoTypeOperatorFunction<Peer> =>
  (peers) =>
    peers.pipe(
      switchMap(
        (peer) =>
          new Observable<Peer>((subscriber) => {
            const { state } = peer;
            let waited = -LOOK_EVERY; // the step in which it begins does not count
            let idled = -LOOK_EVERY;
            let { revoked } = state;
            // since the last look: it costs a pass over all pieces, and a peer that takes back one after the other
            // could make it many
            let recounted = false;
            const error = (cause: unknown): void => subscriber.error(cause);
            // Blocks before they let us ask for any. Not all messages for all that is to come: most are blocks.
            const unasked = new Offences(MAX_UNASKED, FORGIVEN_EVERY);
            const early = peer.messages$.subscribe({
              next: (message) => {
                if (message.type !== 'piece' || !unasked.add(now())) return;
                error(
                  new PeerError(
                    'unexpected',
                    `${addressText(peer.address)}: sent ${MAX_UNASKED} blocks before it unchoked us`,
                  ),
                );
              },
              error,
            });
            subscriber.add(early);
            const pass = (): void => {
              early.unsubscribe();
              subscriber.next(peer);
            };
            const allows = (piece: number): boolean =>
              state.allowedFast.has(piece) && state.have.has(piece) && wishes.wantsPiece(piece);
            const look = (): void => {
              const wants = wishes.wants(state.have);
              if (wants !== state.interesting) peer.send({ type: wants ? 'interested' : 'notInterested' });
            };
            const recount = (): void => {
              if (state.revoked === revoked) return;
              revoked = state.revoked;
              recounted = true;
              wishes.availability.told(peer, state.have);
              look();
            };
            const heard = (message: Message): void => {
              if (message.type === 'have') {
                wishes.availability.gained(peer, message.piece);
                if (!state.interesting && wishes.wantsPiece(message.piece)) peer.send({ type: 'interested' });
                if (state.choked && allows(message.piece)) pass();
              } else if (message.type === 'allowedFast') {
                if (state.choked && allows(message.piece)) pass();
              } else if (message.type === 'bitfield' || message.type === 'haveAll') {
                wishes.availability.told(peer, state.have);
                look();
              } else if (message.type === 'extended') {
                if (!recounted) recount();
              } else if (message.type === 'unchoke') {
                waited = -LOOK_EVERY;
                pass();
              }
            };
            subscriber.add(() => wishes.availability.left(peer));
            if (state.have.count > 0) wishes.availability.told(peer, state.have);
            look();
            subscriber.add(peer.talk$.subscribe({ next: heard, error, complete: () => subscriber.complete() }));
            subscriber.add(
              interval(LOOK_EVERY).subscribe(() => {
                look();
                recount();
                recounted = false;
                waited = state.choked && state.interesting ? waited + LOOK_EVERY : -LOOK_EVERY;
                idled = state.interesting ? -LOOK_EVERY : idled + LOOK_EVERY;
                if (waited < patience() && idled < idle()) return;
                const what =
                  waited > idled
                    ? `has not unchoked us for ${waited / 1000} s`
                    : `has had nothing we lack for ${idled / 1000} s`;
                subscriber.error(new PeerError('timeout', `${addressText(peer.address)}: ${what}`));
              }),
            );
            if (!state.choked || [...state.allowedFast].some(allows)) pass();
          }),
      ),
    );
