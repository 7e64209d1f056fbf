import { catchError, concat, defer, type Observable, throwError } from 'rxjs';
import { distinctPeers } from '../../operators/distinctPeers.ts';
import { swarm } from '../../operators/swarm.ts';
import type { Env } from '../contracts/env.ts';
import { PeerError } from '../contracts/errors.ts';
import type { DownloadEvent } from '../contracts/events.ts';
import { addressText } from '../protocol/encoding/address.ts';
import type { Findable, SourceOptions } from '../discovery/peerSources.ts';
import type { PeerAddress } from '../contracts/network.ts';
import { type Greeting, greetPeer, type Met } from './session/greetPeer.ts';
import { torrentSwarm } from './swarm/torrentSwarm.ts';

/** Peers greeted at once, if no option says how many. */
const MAX_PEERS = 20;

export interface GreetPeersOptions extends SourceOptions {
  /** The port that trackers are told. 0: peers can't connect to us. */
  readonly port?: number;
  /** The number of pieces, if it is known: the peers' bitfields are checked against it. */
  readonly pieceCount?: number | undefined;
  /** Peers greeted at once. Default 20. */
  readonly maxPeers?: number;
  /** The time that one peer has. */
  readonly deadline: () => Greeting['deadline'];
  /** Is called with each event. */
  readonly report?: (event: DownloadEvent) => void;
}

/**
 * Exchanges both handshakes with the peers of a torrent, and hangs up: the swarm of a download, whose sessions only
 * greet.
 *
 * ```
 * addresses  ab-c-----|
 * gives      ----a-c--|   b did not answer
 * ```
 *
 * Each address is dialled once. Completes when no source is left and each peer has been greeted. A peer never ends it.
 */
export const greetPeers = (
  torrent: Findable,
  env: Env,
  { maxPeers = MAX_PEERS, pieceCount, deadline, ...options }: GreetPeersOptions,
): Observable<Met> =>
  defer(() => {
    const there = torrentSwarm(torrent, env, { ...options, maxPeers });
    const { funnel, stats, report, peerId } = there;
    const { infoHash, infoHashV2 } = torrent;
    const identity = { infoHash, infoHashV2, peerId, dht: true, ...(pieceCount !== undefined && { pieceCount }) };
    // A peer that is reached at two addresses is greeted at both.
    const joining = { funnel, joined: (peer: Met['peer']) => report(stats.joined(peer)) };
    const greet = (address: PeerAddress): Observable<Met> => {
      const greeted$ = greetPeer(env, address, { identity, negotiate: true, deadline: deadline() }, joining);
      const failed = (error: unknown): Observable<never> =>
        error instanceof PeerError ? over(address, error) : throwError(() => error);
      return concat(greeted$.pipe(catchError(failed)), over(address));
    };
    const ended = (address: PeerAddress, error: unknown): void =>
      report(stats.left(address, error instanceof PeerError ? error.cause : error));
    return there.addresses().pipe(distinctPeers(), swarm(greet, { ...there.places, ended }));
  });

/** Ends a session so that the peer is not dialled again, whatever fault of the peer has ended it. */
const over = (address: PeerAddress, cause?: PeerError): Observable<never> =>
  throwError(() => new PeerError('useless', `${addressText(address)}: has been greeted`, { cause }));
