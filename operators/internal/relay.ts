import { now } from '../../src/contracts/clock.ts';
import { hasCalled, speaksUtp } from '../../src/contracts/wires.ts';
import type { Peer } from '../../src/contracts/peer.ts';
import type { Endpoint } from '../../src/protocol/encoding/compact.ts';
import { formatIp, parseIp } from '../../src/protocol/encoding/ip.ts';
import { isUnicast, mayTellOf } from '../../src/protocol/encoding/reach.ts';
import {
  encodeHolepunch,
  HOLEPUNCH_ERRORS,
  type HolepunchMessage,
  UT_HOLEPUNCH,
} from '../../src/protocol/peer/utHolepunch.ts';
import { type Frequency, HostLimiter } from '../../src/torrent/rates/hostLimiter.ts';
import { channelTo } from './extensionChannel.ts';

/** The same for all hosts: those of one network may be behind one router, too. */
const limiter = (each: Frequency, all: Frequency): HostLimiter =>
  new HostLimiter({ host: each, nearby: each, all, remembered: 1_000 });

/** How often a host may ask to be introduced, and how often one is told to call somebody. */
export const ASKING = { rate: 0.5, burst: 10 } as const;
export const BEING_CALLED = { rate: 0.5, burst: 10 } as const;
const ALL = { rate: 10, burst: 100 } as const;

type Message = Pick<HolepunchMessage, 'type' | 'host' | 'port' | 'error'>;

export const tell = (peer: Peer, message: Omit<Message, 'error'> & Partial<Message>): boolean =>
  channelTo(peer, UT_HOLEPUNCH).send(encodeHolepunch(message));

/** Does it support the extension, and so can we tell it anything? */
export const understands = ({ state }: Peer): boolean => state.idOf(UT_HOLEPUNCH) !== undefined;

/**
 * Introduces connected peers to each other. Depends on which peers are connected, and on how often each host has asked
 * and was told. A request is answered with one message, and makes one other be sent at most, each as short as itself.
 */
export class Relay {
  readonly #connected: () => Iterable<Peer>;
  readonly #asking = limiter(ASKING, ALL);
  readonly #called = limiter(BEING_CALLED, ALL);

  constructor(connected: () => Iterable<Peer>) {
    this.#connected = connected;
  }

  /** The connected peer at an address: where we see it, or where it says that it listens. */
  find({ host, port }: Endpoint): Peer | undefined {
    for (const peer of this.#connected()) {
      const { address, state } = peer;
      if (hostOf(peer) === host && (address.port === port || state.extensions?.port === port)) return peer;
    }
    return undefined;
  }

  /** `asker` wants to be introduced to the peer at an address. */
  asked(asker: Peer, { host, port }: Endpoint): void {
    if (!understands(asker) || !this.#asking.admits(asker.address.host, now())) return;
    const refuse = (why: keyof typeof HOLEPUNCH_ERRORS): void =>
      void tell(asker, { type: 'error', host, port, error: HOLEPUNCH_ERRORS[why] });
    const ip = parseIp(host);
    if (ip === undefined || port === 0 || !isUnicast(ip)) return refuse('noSuchPeer');
    if (host === asker.state.extensions?.yourIp && port === asker.state.ourExtensions?.port) return refuse('noSelf');
    const target = this.find({ host, port });
    if (target === undefined || target === asker) return refuse('notConnected');
    if (!understands(target)) return refuse('noSupport');
    const [here, there] = [seenAt(asker), seenAt(target)];
    // Neither is told of an address that is nearer to it than to the other one.
    const strange = !mayTellOf(hostOf(asker), hostOf(target)) || !mayTellOf(hostOf(target), hostOf(asker));
    if (here === undefined || there === undefined || strange) return refuse('notConnected');
    if (!this.#called.admits(target.address.host, now())) return;
    tell(asker, { type: 'connect', ...there });
    tell(target, { type: 'connect', ...here });
  }
}

const hostOf = ({ address: { host } }: Peer): string => {
  const ip = parseIp(host);
  return ip === undefined ? host : formatIp(ip);
};

/** Where a peer can be called by uTP: at the port that we see if it is connected so, and else where it listens. */
const seenAt = (peer: Peer): Endpoint | undefined => {
  const { address, state, road } = peer;
  const port = hasCalled(address) && !speaksUtp(road) ? state.extensions?.port : address.port;
  return port === undefined ? undefined : { host: hostOf(peer), port };
};
