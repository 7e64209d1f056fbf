import { networkInterfaces } from 'node:os';
import type { Env } from '../../contracts/env.ts';
import type { PeerAddress } from '../../contracts/network.ts';

/** Ports that nobody is given for good. */
const [FIRST, COUNT] = [49_152, 16_384];

/** What trackers are told of who only asks, and how that is recognised when they tell it to us as well. */
export interface Ourselves {
  readonly port: number;
  /** A tracker sees us at this address. */
  seenAs(host: string): void;
  /** Is that us? */
  are(address: PeerAddress): boolean;
}

/**
 * Trackers count who asks among those who have it, and some name everybody to everybody. Unless people insist on a
 * port, we say one that is made up: whoever is named with it is us, and a client of ours that does listen somewhere is
 * not forgotten when we say goodbye.
 */
export const ourselves = ({ random }: Pick<Env, 'random'>, insisted?: number): Ourselves => {
  const port = insisted ?? FIRST + Math.floor(random() * COUNT);
  const hosts = new Set(
    Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address)),
  );
  return {
    port,
    seenAs: (host) => void hosts.add(host),
    are: (address) =>
      address.source === 'tracker' && address.port === port && (insisted === undefined || hosts.has(address.host)),
  };
};
