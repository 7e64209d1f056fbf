import type { Observer, OperatorFunction } from 'rxjs';
import { now } from '../src/contracts/clock.ts';
import type { PeerAddress } from '../src/contracts/network.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { speaksUtp } from '../src/contracts/wires.ts';
import { parseIp } from '../src/protocol/encoding/ip.ts';
import { isUnicast } from '../src/protocol/encoding/reach.ts';
import { decodeHolepunch, type HolepunchMessage, UT_HOLEPUNCH } from '../src/protocol/peer/utHolepunch.ts';
import { Introductions } from '../src/torrent/peers/introductions.ts';
import { HostLimiter } from '../src/torrent/rates/hostLimiter.ts';
import { isCredible } from './internal/credible.ts';
import { eachPeer } from './internal/eachPeer.ts';
import { channelTo } from './internal/extensionChannel.ts';
import { Relay, tell, understands } from './internal/relay.ts';

export interface HolepunchOptions {
  /** The peers that are connected now. */
  readonly connected: () => Iterable<Peer>;
  /** Which peers can introduce us to which. */
  readonly introductions: Introductions<Peer>;
}

/** How often the peers of one host may make us call somebody, and all together. */
export const CALLING = { rate: 0.5, burst: 10 } as const;
const ALL_CALLING = { rate: 2, burst: 20 } as const;

/**
 * Connects peers that nobody can dial, as they are behind a router: two of them call each other at the same moment, and
 * a peer that is connected with both tells them when.
 *
 * ```
 * they    -E--r---c--     r: introduce us to that address c: the peer there calls you
 * found   --------a--     to be called at once
 * writes  ----(c)----     and the other one is told to call, too
 * ```
 *
 * We introduce peers to each other as often as ten times at once and then every two seconds, for each host that asks or
 * is asked for, and only those with which we are connected and which support it. What we are told to call goes to
 * `found`, with `punch`, as often for each host that tells us; not if we are connected with it, or if it is nearer than
 * the peer that tells us of it. A peer that can't introduce us to the one we have asked for is not asked for it again,
 * but another one; which one we ask is a matter of `askToBeIntroduced`. Not for private torrents (BEP 27), as for peer
 * exchange.
 *
 * Completes when the peer hangs up. Errors with a `PeerError`: `malformed`.
 *
 * @example
 * peers$.pipe(converse(main, holepunch(found$, { connected: () => [], introductions: introductions() })));
 *
 * @see BEP 55
 */
export const holepunch = (
  found: Pick<Observer<PeerAddress>, 'next'>,
  { connected, introductions }: HolepunchOptions,
): OperatorFunction<Peer, never> => {
  const relay = new Relay(connected);
  const calling = new HostLimiter({ host: CALLING, nearby: CALLING, all: ALL_CALLING, remembered: 1_000 });
  /** Is the peer to be called of which this peer tells us? */
  const isCalled = (peer: Peer, { host, port }: HolepunchMessage): boolean => {
    const ip = parseIp(host);
    if (ip === undefined || port === 0 || !isUnicast(ip) || !isCredible(peer, { host, port })) return false;
    return relay.find({ host, port }) === undefined && calling.admits(peer.address.host, now());
  };
  return eachPeer((peer, { subscriber, until }) => {
    subscriber.add(() => introductions.left(peer));
    until(channelTo(peer, UT_HOLEPUNCH).payloads$, (payload) => {
      const message = decodeHolepunch(payload);
      if (message === undefined) return;
      const { type, host, port } = message;
      if (type === 'rendezvous') relay.asked(peer, message);
      else if (type === 'error') ask(introductions.failed(peer, message), message);
      else if (isCalled(peer, message)) found.next({ host, port, source: 'pex', punch: true });
    });
  });
};

/** The peer at this address could not be dialled: a peer that has told us of it is asked to introduce us. */
export const askToBeIntroduced = (introductions: Introductions<Peer>, { host, port }: PeerAddress): void =>
  ask(introductions.unreached({ host, port }, now()), { host, port });

const ask = (introducer: Peer | undefined, { host, port }: Pick<PeerAddress, 'host' | 'port'>): void => {
  if (introducer !== undefined) tell(introducer, { type: 'rendezvous', host, port });
};

/** Without any peer at first; it rather asks those that see by uTP from where we call. */
export const introductions = (): Introductions<Peer> =>
  new Introductions({ suits: (peer) => (understands(peer) ? (speaksUtp(peer.road) ? 2 : 1) : 0) });
