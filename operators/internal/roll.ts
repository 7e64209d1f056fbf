import { now } from '../../src/contracts/clock.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import type { Peer } from '../../src/contracts/peer.ts';
import { hasCalled, speaksUtp } from '../../src/contracts/wires.ts';
import { addressKey } from '../../src/protocol/encoding/address.ts';
import { formatIp, parseIp } from '../../src/protocol/encoding/ip.ts';
import { type Reach, reachOf } from '../../src/protocol/encoding/reach.ts';
import { UT_HOLEPUNCH } from '../../src/protocol/peer/utHolepunch.ts';
import { PEX_FLAGS } from '../../src/protocol/peer/utPex.ts';
import type { PresentPeer } from '../../src/torrent/peers/pexHistory.ts';

export type Connected = Pick<Peer, 'address' | 'state' | 'road'>;

/** A connected peer that others can dial. */
export interface Listed {
  /** Of the connection that it is known by. */
  readonly address: PeerAddress;
  readonly peer: PresentPeer;
  /** Only peers at addresses of as much reach are told of it. */
  readonly reach: Reach;
}

/** Milliseconds for which the list holds. */
const HOLDS = 1_000;

/**
 * The connected peers that others can dial, for all peers that are told of them: listed once a second at most, since
 * with a hundred peers each of them would otherwise look at all others. The list is the same object as long as nothing
 * in it changes, so that for a peer that was told all of it there is nothing to look for. Depends on which peers are
 * connected.
 */
export class Roll {
  readonly #connected: () => Iterable<Connected>;
  #at = -Infinity;
  #all: readonly Listed[] = [];

  constructor(connected: () => Iterable<Connected>) {
    this.#connected = connected;
  }

  get all(): readonly Listed[] {
    const at = now();
    // A clock that was set back makes it too old, too.
    if (Math.abs(at - this.#at) < HOLDS) return this.#all;
    this.#at = at;
    const all = [...this.#connected()].flatMap((one): Listed[] => dialable(one) ?? []);
    if (all.length !== this.#all.length || !all.every((one, nth) => isSame(one, this.#all[nth])))
      this.#all = this.#kept(all);
    return this.#all;
  }

  /** What has not changed is the same object as before: the histories of all peers hold it. */
  #kept(all: readonly Listed[]): readonly Listed[] {
    const before = new Map(this.#all.map((one) => [one.address, one]));
    return all.map((one) => {
      const known = before.get(one.address);
      return known !== undefined && isSame(one, known) ? known : one;
    });
  }
}

/** The address at which other peers can dial a peer. */
const dialable = ({ address, state, road }: Connected): Listed[] | undefined => {
  const ip = parseIp(address.host);
  // An incoming connection has an ephemeral port.
  const called = hasCalled(address);
  const port = called ? state.extensions?.port : address.port;
  if (ip === undefined || port === undefined) return undefined;
  const seeds = state.have.full || state.extensions?.uploadOnly === true;
  const flags =
    (seeds ? PEX_FLAGS.seed : 0) |
    (speaksUtp(road) ? PEX_FLAGS.utp : 0) |
    (state.idOf(UT_HOLEPUNCH) === undefined ? 0 : PEX_FLAGS.holepunch) |
    (called || address.punch === true ? 0 : PEX_FLAGS.reachable);
  const host = formatIp(ip);
  return [{ address, peer: { host, port, flags, key: addressKey({ host, port }) }, reach: reachOf(host) }];
};

const isSame = ({ address, peer }: Listed, there?: Listed): boolean =>
  there?.address === address && there.peer.port === peer.port && there.peer.flags === peer.flags;
