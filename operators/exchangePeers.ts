import type { Observer, OperatorFunction } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { PeerAddress } from '../src/contracts/network.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { reachOf } from '../src/protocol/encoding/reach.ts';
import { decodePex, encodePex, PEX_FLAGS, type PexPeer, UT_PEX } from '../src/protocol/peer/utPex.ts';
import { PexHistory } from '../src/torrent/peers/pexHistory.ts';
import type { Introductions } from '../src/torrent/peers/introductions.ts';
import { isCredible } from './internal/credible.ts';
import { eachPeer } from './internal/eachPeer.ts';
import { channelTo } from './internal/extensionChannel.ts';
import { type Connected, type Listed, Roll } from './internal/roll.ts';

export type { Connected } from './internal/roll.ts';

export interface ExchangePeersOptions {
  /** The peers that are connected now; the operator finds out which of them can be dialled. */
  readonly connected: () => Iterable<Connected>;
  /** Is told which peers each peer can introduce to us (BEP 55). */
  readonly introductions?: Pick<Introductions<Peer>, 'told'> | undefined;
}

/** Milliseconds between checks for changes to send, so the first message is sent within this time. */
const LOOK_EVERY = 5_000;
/**
 * Milliseconds between two messages of ours: some clients hang up on a peer that sends more often than once a minute.
 */
const TELL_EVERY = 65_000;
/** Milliseconds between two messages of a peer that are accepted. */
const LISTEN_EVERY = 30_000;
/** Early messages that are ignored before they are an offence. */
const MAX_EARLY = 6;

/**
 * Peer exchange with each peer that supports `ut_pex`: learns of other peers, and tells which ones we are connected to.
 *
 * ```
 * they    -E
 * found   -(ab)
 * writes  5s E 64999ms E
 * ```
 *
 * The addresses that a peer sends go to `found`, with source `pex`: at most 50 from a message, and one message in 30 s.
 * Our first message is sent within 5 s, later ones at least 65 s apart. Each contains the changes only, at most 50
 * added and 50 dropped, and is not sent without any. Only addresses that can be dialled are sent: for a peer that
 * called us, the port on which it says it listens; those that are connected by uTP are said to speak it, and what is
 * said so of others goes along with their address. Addresses of local networks and of this machine are neither sent to
 * peers farther away nor accepted from them. No peer is told its own address, and we ignore ours. Not for private
 * torrents (BEP 27).
 *
 * Completes when the peer hangs up. Errors with a `PeerError`: `malformed`; `unexpected` for the seventh message that
 * came too early.
 *
 * @example
 * peers$.pipe(converse(main, exchangePeers(found$, { connected: () => [] })));
 *
 * @see BEP 11
 */
export const exchangePeers = (
  found: Pick<Observer<PeerAddress>, 'next'>,
  { connected, introductions }: ExchangePeersOptions,
): OperatorFunction<Peer, never> => {
  const roll = new Roll(connected);
  return eachPeer((peer, { subscriber, until, every, fail }) => {
    const { payloads$, send } = channelTo(peer, UT_PEX);
    const told = new PexHistory();
    /** Of which all that may be told was told. */
    let known: readonly Listed[] | undefined;
    let toldAt = -Infinity;
    let heardAt = -Infinity;
    let early = 0;
    until(payloads$, (payload) => {
      if (now() - heardAt < LISTEN_EVERY) {
        if (++early > MAX_EARLY)
          fail('unexpected', `sent ${early + 1} messages of peers within ${LISTEN_EVERY / 1000} s`);
        return;
      }
      early = 0;
      heardAt = now();
      for (const { host, port, flags } of decodePex(payload).added) {
        if (subscriber.closed) return;
        if (!isCredible(peer, { host, port })) continue;
        const utp = (flags & PEX_FLAGS.utp) !== 0;
        if ((flags & PEX_FLAGS.holepunch) !== 0) introductions?.told(peer, { host, port });
        found.next({ host, port, source: 'pex', ...(utp && { utp }) });
      }
    });
    every(LOOK_EVERY, () => {
      if (peer.state.idOf(UT_PEX) === undefined || now() - toldAt < TELL_EVERY) return;
      const { all } = roll;
      if (all === known) return;
      const news = told.news(presentable(peer, all));
      if (news === undefined) return void (known = all);
      toldAt = now();
      send(encodePex(news));
    });
  });
};

/** The peers that `to` may be told of. */
function* presentable(to: Peer, all: readonly Listed[]): Generator<PexPeer> {
  const theirs = reachOf(to.address.host);
  for (const { address, peer, reach } of all) if (address !== to.address && reach <= theirs) yield peer;
}
