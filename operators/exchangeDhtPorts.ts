import { combineLatest, filter, mergeMap, type Observable, type OperatorFunction, take } from 'rxjs';
import type { UdpEndpoint } from '../src/contracts/network.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { eachPeer } from './internal/eachPeer.ts';

/** Our DHT node, as this operator needs it. */
export interface DhtContact {
  /** The UDP port. */
  readonly port: number;
  /** Pings an address that may be a node; completes when it has answered, or not in time. */
  addNode(endpoint: UdpEndpoint): Observable<never>;
}

/** Ports of one peer that are tried: it may move once. */
const MAX_PORTS = 2;

/**
 * Sends the port of our DHT node to each peer that has a node, and has our node ping the peer's.
 *
 * ```
 * node    -n----
 * they    ---9--
 * asks    ---9--
 * writes  -P----
 * ```
 *
 * A peer whose handshake says that it has a node is sent our port as soon as our node is ready. The first two ports
 * that a peer sends are pinged, whatever its handshake said; a port 0 is ignored. Completes when the peer hangs up.
 * Errors with those of `node$` only.
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
