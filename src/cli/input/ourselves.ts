import { networkInterfaces } from 'node:os';
import type { Env } from '../../contracts/env.ts';
import type { PeerAddress } from '../../contracts/network.ts';

/** The dynamic ports, which are assigned to no service. */
const [FIRST, COUNT] = [49_152, 16_384];

/** What trackers are told by a command that only asks for peers, and how it recognises itself in their answers. */
export interface Ourselves {
  readonly port: number;
  /** A tracker sees us at this address. */
  seenAs(host: string): void;
  /** Is this address ours? */
  are(address: PeerAddress): boolean;
}

/**
 * Trackers count us as a peer, and some return us to ourselves. A random port lets us recognise that, unless the user
 * insists on a port; and another client of this machine that does listen is not removed by our `stopped`.
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
