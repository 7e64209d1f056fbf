import { EMPTY, type Observable, type OperatorFunction } from 'rxjs';
import type { Peer } from '../src/contracts/peer.ts';
import { ALLOWED_FAST, allowedFastSet } from '../src/protocol/peer/allowedFast.ts';
import { encodeDontHave, LT_DONTHAVE } from '../src/protocol/peer/dontHave.ts';
import { encodeExtensionHandshake, EXTENSION_HANDSHAKE } from '../src/protocol/peer/extensions.ts';
import type { Message } from '../src/protocol/peer/messages.ts';
import type { Bitfield } from '../src/torrent/bitfield.ts';
import type { SuperSeed } from '../src/torrent/upload/superSeed.ts';
import { eachPeer } from './internal/eachPeer.ts';
import { channelTo } from './internal/extensionChannel.ts';

/** Says what we have. `PiecePicker` is one. */
export interface Possessions {
  readonly stored: Bitfield;
}

export interface AdvertiseOptions {
  /** Pieces that we no longer have. */
  readonly lost$?: Observable<number>;
  /** With it peers are told which pieces they may have while choked. */
  readonly infoHash?: Uint8Array;
  /** May choked peers have any? Asked when a peer becomes interested. Yes if not given. */
  readonly allowsFast?: () => boolean;
  /** Once all is there: shows peers that come then one piece at a time, instead of all. */
  readonly superSeed?: SuperSeed<Peer> | undefined;
}

/**
 * Milliseconds between two looks at whether a super-seed waits in vain: after the second to third, it waits no longer.
 */
const LOOK_EVERY = 60_000;

/**
 * Tells each peer what we have: the bitfield first, then every piece as it is stored.
 *
 * ```
 * stored  ---7---
 * writes  B--H---
 * ```
 *
 * With nothing to tell it says nothing, or *have none* where both speak the fast extension; with everything, *have
 * all*. A peer that has everything is told of no piece; others even of one that they have, since a super-seed waits to
 * hear of it. A peer that speaks the extension protocol is told when there is nothing left that we want, and of what we
 * have lost; one that is choked and has little, which pieces it may have nevertheless.
 *
 * A super-seed seems to have nothing, and shows each peer one piece, and the next when it has passed that on, or has
 * had it for two minutes: peers that can't call each other would else have one piece each for ever.
 *
 * @example
 * peers$.pipe(advertise(picker, stored$, { infoHash: torrent.infoHash }));
 *
 * @see BEP 3, BEP 6, BEP 16, BEP 21, BEP 54
 */
export const advertise = (
  { stored }: Possessions,
  stored$: Observable<number>,
  { lost$ = EMPTY, infoHash, allowsFast = () => true, superSeed: asked }: AdvertiseOptions = {},
): OperatorFunction<Peer, never> =>
  eachPeer((peer, { subscriber, on, until, every }) => {
    const { state } = peer;
    const superSeed = stored.full ? asked : undefined;
    const show = (piece: number): void => void peer.send({ type: 'have', piece });
    let had = state.have.count;
    const opening = superSeed === undefined ? openingOf(stored, state.fast) : openingOf(undefined, state.fast);
    if (opening !== undefined) peer.send(opening);
    if (superSeed === undefined) tellWish(peer, stored);
    else {
      subscriber.add(() => superSeed.left(peer));
      superSeed.joined(peer, show);
      every(LOOK_EVERY, () => superSeed.waited(peer));
    }
    on(peer.talk$, (message) => {
      if (message.type === 'interested' && infoHash !== undefined && allowsFast()) allow(peer, stored, infoHash);
      const more = state.have.count > had;
      had = state.have.count;
      if (more) superSeed?.gained(message.type === 'have' ? message.piece : undefined);
    });
    on(lost$, (piece) => {
      channelTo(peer, LT_DONTHAVE).send(encodeDontHave(piece));
      tellWish(peer, stored);
    });
    until(stored$, (piece) => {
      if (superSeed === undefined && !state.have.full) show(piece);
      tellWish(peer, stored);
    });
  });

const openingOf = (stored: Bitfield | undefined, fast: boolean): Message | undefined => {
  if (fast && stored?.full === true) return { type: 'haveAll' };
  if (stored !== undefined && stored.count > 0) return { type: 'bitfield', bytes: stored.bytes };
  return fast ? { type: 'haveNone' } : undefined;
};

/**
 * Says that we want nothing more, or something again, if that is not what they have been told. Repeats all that they
 * have been told: libtorrent and aria2 forget the extensions, and the size of the metadata, that a later handshake
 * leaves out.
 */
const tellWish = (peer: Peer, { full: uploadOnly }: Bitfield): void => {
  const { extended, ourExtensions } = peer.state;
  if (!extended || ourExtensions === undefined || (ourExtensions.uploadOnly ?? false) === uploadOnly) return;
  peer.send({
    type: 'extended',
    id: EXTENSION_HANDSHAKE,
    payload: encodeExtensionHandshake({ ...ourExtensions, uploadOnly }),
  });
};

/** Says, once, which pieces they may have while we choke them, if they have but few. */
const allow = (peer: Peer, stored: Bitfield, infoHash: Uint8Array): void => {
  const { fast, choking, have, allowing } = peer.state;
  if (!fast || !choking || have.count >= ALLOWED_FAST || allowing.size > 0) return;
  const pieces = allowedFastSet(peer.address.host, infoHash, stored.length).filter(
    (piece) => stored.has(piece) && !have.has(piece),
  );
  if (pieces.length > 0) peer.send(...pieces.map((piece): Message => ({ type: 'allowedFast', piece })));
};
