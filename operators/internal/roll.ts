import { now } from '../../src/contracts/clock.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import type { Peer } from '../../src/contracts/peer.ts';
import { hasCalled, speaksUtp } from '../../src/contracts/wires.ts';
import { formatIp, parseIp } from '../../src/protocol/encoding/ip.ts';
import { UT_HOLEPUNCH } from '../../src/protocol/peer/utHolepunch.ts';
import { PEX_FLAGS, type PexPeer } from '../../src/protocol/peer/utPex.ts';

export type Connected = Pick<Peer, 'address' | 'state' | 'road'>;

/** A connected peer that others can dial. */
export interface Listed {
  /** Of the connection that it is known by. */
  readonly address: PeerAddress;
  readonly peer: PexPeer;
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
    if (!same(all, this.#all)) this.#all = all;
    return this.#all;
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
  return [{ address, peer: { host: formatIp(ip), port, flags } }];
};

const same = (one: readonly Listed[], other: readonly Listed[]): boolean =>
  one.length === other.length &&
  one.every(({ address, peer }, at) => {
    const there = other[at];
    return there?.address === address && there.peer.port === peer.port && there.peer.flags === peer.flags;
  });
