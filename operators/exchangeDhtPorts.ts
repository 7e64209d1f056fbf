import { combineLatest, filter, mergeMap, type Observable, type OperatorFunction, take } from 'rxjs';
import type { UdpEndpoint } from '../src/contracts/network.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { eachPeer } from './internal/eachPeer.ts';

/** What has to be known of our node of the DHT. */
export interface DhtContact {
  /** UDP. */
  readonly port: number;
  /** Somebody may be a node: asks, and completes when that is known. */
  addNode(endpoint: UdpEndpoint): Observable<never>;
}

/** Ports of one peer that are tried: it may move once. */
const MAX_PORTS = 2;

/**
 * Tells each peer that has a node of the DHT where ours is, and has ours get to know theirs.
 *
 * ```
 * node    -n----
 * they    ---9--
 * asks    ---9--
 * writes  -P----
 * ```
 *
 * A peer that says in its handshake that it has a node is told of ours, as soon as it is there. The first two ports
 * that a peer sends are asked, whatever its handshake said; a port 0 is none. Completes when they hang up. Errors with
 * those of `node$` only.
 *
 * @example
 * peers$.pipe(converse(main, exchangeDhtPorts(node$)));
 *
 * @see BEP 5
 */
export const exchangeDhtPorts = (node$: Observable<DhtContact>): OperatorFunction<Peer, never> =>
  eachPeer((peer, { on, until }) => {
    const ports$ = peer.talk$.pipe(
      filter((message) => message.type === 'port'),
      filter(({ port }) => port > 0),
      take(MAX_PORTS),
    );
    on(node$, ({ port }) => peer.state.dht && peer.send({ type: 'port', port }));
    on(
      combineLatest([node$, ports$]).pipe(
        mergeMap(([node, { port }]) => node.addNode({ host: peer.address.host, port })),
      ),
    );
    until(peer.talk$);
  });
