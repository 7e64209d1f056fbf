import type { ChokeStrategy } from '../../src/index.ts';

/** Serves peers whose address begins with `prefix`, such as `192.168.7.`, and nobody else, not by chance either. */
export const serveOnly =
  (prefix: string): ChokeStrategy =>
  (peers) =>
    new Map(peers.filter(({ address }) => address.host.startsWith(prefix)).map((peer) => [peer, 'neighbour']));
