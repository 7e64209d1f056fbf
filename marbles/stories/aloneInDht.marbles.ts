import { type Observable, of } from 'rxjs';
import { describe, it } from 'vitest';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { dhtPeers } from '../../src/discovery/dht/dhtPeers.ts';
import { dhtNode } from '../../src/discovery/dht/node.ts';
import { drawn, type Stage } from '../index.ts';

const line = { up: 1_000_000, down: 1_000_000, delay: 1 };
const HASH = new Uint8Array(20).fill(7);
const PORT = 6881;

const own = (nth: number) => ({ host: `10.0.0.${nth + 1}`, port: 7000 + nth, source: 'dht' });

/** A client that looks for peers of one torrent; the first is where the others begin. */
const clients = (stage: Stage, count: number) => {
  const wan = stage.network();
  return Array.from({ length: count }, (_, nth) => {
    const { env } = wan.host(own(nth).host, line);
    const bootstrap = nth === 0 ? [] : [{ host: own(0).host, port: PORT }];
    const node$ = dhtNode(env, { port: PORT, bootstrap });
    return dhtPeers(node$, HASH, { wanted$: of(9), port: own(nth).port, random: () => 0.5 });
  });
};

describe('two nodes that have nobody but each other', () => {
  it(
    'find each other: what one has announced to the other is known there',
    drawn((stage) => {
      const [one, two] = clients(stage, 2);
      // Each is told of itself, too, by the other.
      const [first, second] = ['30021ms b-----a', '30024ms a-----b'];
      stage.gives(one as Observable<PeerAddress>, '^ 31s !').toBe(first, { a: own(0), b: own(1) });
      stage.gives(two as Observable<PeerAddress>, '^ 31s !').toBe(second, { a: own(0), b: own(1) });
    }),
  );
});
