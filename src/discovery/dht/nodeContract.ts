import type { Observable } from 'rxjs';
import type { Warning } from '../../contracts/events.ts';
import type { UdpEndpoint } from '../../contracts/network.ts';
import type { DhtItem } from '../../protocol/dht/item.ts';
import type { Endpoint } from '../../protocol/encoding/compact.ts';
import type { DhtLookup } from './peerLookup.ts';
import type { SavedNodes } from './savedNodes.ts';

export interface DhtNodeOptions {
  /** UDP port; any free one if it is not given, or taken. */
  readonly port?: number;
  /** Nodes to ask when no other node is known, by host name or IP address. */
  readonly bootstrap: readonly UdpEndpoint[];
  /** The nodes that an earlier run knew. */
  readonly saved?: SavedNodes | undefined;
  /** Our address outside, as the router knows it: our id has to fit it. BEP 42. */
  readonly outside$?: Observable<string> | undefined;
  /** Send queries, but do not answer any. BEP 43. */
  readonly readOnly?: boolean;
  /** Called at the end of each lookup for peers. */
  readonly report?: (lookup: DhtLookup) => void;
}

/** Estimated numbers of peers, by what other nodes have been told. */
export interface DhtScrape {
  readonly seeds: number;
  readonly leechers: number;
}

/** Statistics of our node. */
export interface DhtStats {
  /** Number of nodes of each address family that are not bad. */
  readonly nodes: number;
  readonly nodes6: number;
  /** Numbers of torrents and peers announced to us. */
  readonly torrents: number;
  readonly peers: number;
}

/** Our running node. What its methods return is cold, completes, and never errors. */
export interface DhtNode {
  /** UDP. */
  readonly port: number;
  /** Warnings for the user, also for late subscribers. Does not complete. */
  readonly warnings$?: Observable<Warning>;
  /** Emits when a network that could not be joined at first has been joined. Does not complete. */
  readonly joined$?: Observable<unknown>;
  /** Looks once for announced peers, also here; each is emitted once. As a `seed`, only for others (BEP 33). */
  getPeers(infoHash: Uint8Array, seed?: boolean): Observable<Endpoint>;
  /** The same, and then announces us at `port` to the nearest nodes; 0 is the port that our packets come from. */
  announce(infoHash: Uint8Array, port: number, seed?: boolean): Observable<Endpoint>;
  /**
   * Estimates how many peers have announced themselves: emits once, or nothing if no node knows. BEP
   * 33.
   */
  scrape(infoHash: Uint8Array): Observable<DhtScrape>;
  /**
   * Looks once for the item at `target`, also here: each version of a signed one that is newer than those before, once
   * each. Only sound items are emitted; `salt` is that of the item. BEP 44.
   */
  getItem?(target: Uint8Array, salt?: Uint8Array): Observable<DhtItem>;
  /**
   * Puts an item on the nodes nearest to its target, and emits how many have taken it. They forget it after two hours
   * unless it is put again. With `cas` it replaces only that version. BEP 44.
   */
  putItem?(item: DhtItem, cas?: number): Observable<number>;
  /** Pings a possible node, and completes when the result is known. */
  addNode(endpoint: UdpEndpoint): Observable<never>;
  /** The nodes to save for the next run. */
  nodes(): SavedNodes;
  stats(): DhtStats;
}
