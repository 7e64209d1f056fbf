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

/** The pieces that we have. `PiecePicker` is one. */
export interface Possessions {
  readonly stored: Bitfield;
}

export interface AdvertiseOptions {
  /** Pieces that we no longer have. */
  readonly lost$?: Observable<number>;
  /** If given, choked peers are told which pieces they may request (allowed fast, BEP 6). */
  readonly infoHash?: Uint8Array;
  /** May choked peers have any pieces? Called when a peer becomes interested. Default yes. */
  readonly allowsFast?: () => boolean;
  /** Super-seeding: once the torrent is complete, new peers are shown one piece at a time instead of all. */
  readonly superSeed?: SuperSeed<Peer> | undefined;
}

/** Milliseconds between checks of a super-seed's piece: after two to three of them the next piece is shown anyway. */
const LOOK_EVERY = 60_000;

/**
 * Tells each peer what we have: the bitfield first, then every piece as it is stored.
 *
 * ```
 * stored  ---7---
 * writes  B--H---
 * ```
 *
 * Without any pieces it sends nothing, or *have none* where both sides support the fast extension; with all pieces,
 * *have all*. A peer that has everything is sent no *have*; any other peer is told even of pieces that it has, since a
 * super-seed waits for that. A peer that supports the extension protocol is told when we become or cease to be
 * upload-only, and which pieces we have lost. A choked peer with few pieces is told which ones it may request
 * nevertheless.
 *
 * A super-seed pretends to have nothing, and shows each peer one piece. The peer is shown the next piece when it has
 * passed that one on, or has had it for two minutes: otherwise peers that can't connect to each other would have one
 * piece each for ever.
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
    const losses = lossesTo(peer);
    on(peer.talk$, (message) => {
      if (message.type === 'extended') losses.introduced();
      if (message.type === 'interested' && infoHash !== undefined && allowsFast()) allow(peer, stored, infoHash);
      const more = state.have.count > had;
      had = state.have.count;
      if (more) superSeed?.gained(message.type === 'have' ? message.piece : undefined);
    });
    on(lost$, (piece) => {
      losses.lost(piece);
      tellWish(peer, stored);
    });
    until(stored$, (piece) => {
      losses.found(piece);
      if (superSeed === undefined && !state.have.full) show(piece);
      tellWish(peer, stored);
    });
  });

const openingOf = (stored: Bitfield | undefined, fast: boolean): Message | undefined => {
  if (fast && stored?.full === true) return { type: 'haveAll' };
  if (stored !== undefined && stored.count > 0) return { type: 'bitfield', bytes: stored.bytes };
  return fast ? { type: 'haveNone' } : undefined;
};

/** Tells a peer which pieces we have lost; those before it has said that it can be told so when it has. */
const lossesTo = (peer: Peer) => {
  const channel = channelTo(peer, LT_DONTHAVE);
  let untold: Set<number> | undefined;
  const lost = (piece: number): void => {
    if (peer.state.idOf(LT_DONTHAVE) !== undefined) channel.send(encodeDontHave(piece));
    else if (peer.state.extended) (untold ??= new Set()).add(piece);
  };
  const introduced = (): void => {
    const pieces = untold;
    untold = undefined;
    pieces?.forEach(lost);
  };
  return { lost, introduced, found: (piece: number) => untold?.delete(piece) };
};

/**
 * Tells a peer that we want nothing more, or something again, if the peer was last told otherwise. Repeats the whole
 * extension handshake: libtorrent and aria2 forget the extensions, and the size of the metadata, that a later handshake
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

/** Tells a peer that has few pieces, once, which pieces it may request while we choke it. */
const allow = (peer: Peer, stored: Bitfield, infoHash: Uint8Array): void => {
  const { fast, choking, have, allowing } = peer.state;
  if (!fast || !choking || have.count >= ALLOWED_FAST || allowing.size > 0) return;
  const pieces = allowedFastSet(peer.address.host, infoHash, stored.length).filter(
    (piece) => stored.has(piece) && !have.has(piece),
  );
  if (pieces.length > 0) peer.send(...pieces.map((piece): Message => ({ type: 'allowedFast', piece })));
};
