import type { Tcp } from '../network/congestion.ts';
import type { HostOptions } from '../network/host.ts';
import type { Size } from '../torrent.ts';

/** What happens to a host, and when: in milliseconds since the beginning. */
export interface Fate {
  readonly at: number;
  /**
   * `crashes`: its program ends, and others are told. `vanishes`: the machine is off, and nobody is told. `freezes`:
   * its cable is pulled. `leaves`: the user ends the program. `returns` undoes each of them; what is on its disk is
   * still there.
   */
  readonly does: 'crashes' | 'vanishes' | 'freezes' | 'leaves' | 'returns';
}

/** When the last thing happens to a host, in milliseconds. */
export const lastOf = ({ joins = 0, fate = [] }: Pick<SwarmHost, 'joins' | 'fate'>): number =>
  Math.max(joins, ...fate.map(({ at }) => at));

/** Is it still there when all has happened to it, so that it can be expected to complete? */
export const isThereAtTheEnd = (host: Pick<SwarmHost, 'joins' | 'fate'>): boolean => {
  const last = host.fate?.find(({ at }) => at === lastOf(host));
  return last === undefined || last.does === 'returns';
};

/** The disk of a host. */
export interface DiskPlan {
  /** Milliseconds that each operation takes. Default 1. */
  readonly takes?: number;
  /** Writes that fail for want of room: from which to which, counted from 1. */
  readonly full?: readonly [first: number, last: number];
}

/** Somebody with manners of their own, instead of a client of ours. */
export type PlayerKind =
  | 'honest'
  | 'corrupts'
  | 'neverUnchokes'
  | 'stalls'
  | 'hangsUp'
  | 'chokes'
  | 'silent'
  | 'garbage'
  | 'wrongInfoHash';

export interface SwarmHost extends HostOptions {
  /** Pieces on its disk from the start. Default none. */
  readonly has?: 'all' | readonly number[];
  /** Absent for a whole client of ours. */
  readonly plays?: PlayerKind;
  /** Milliseconds until it comes. Default 0. */
  readonly joins?: number;
  readonly fate?: readonly Fate[];
  readonly disk?: DiskPlan;
  /** Peers that it serves at one time; as many as its line can fill if absent. */
  readonly slots?: number;
}

/**
 * A swarm as plain data: so it can be drawn by chance, made smaller, printed as code, and kept as JSON. The same plan
 * gives the same run.
 */
export interface SwarmPlan {
  /** Of all chance. Default 1. */
  readonly seed?: number;
  readonly torrent?: Size;
  readonly hosts: readonly SwarmHost[];
  /** Seconds after which the run is over, whoever is not complete by then. Default an hour. */
  readonly within?: number;
  /** Seconds that it lasts at least, also if everybody is complete. */
  readonly lasts?: number;
  /** By which rules connections share the lines. Default `cubic`. */
  readonly tcp?: Tcp;
  /** How clients find each other, besides by peer exchange. Default by the tracker's HTTP. */
  readonly finds?: readonly ('http' | 'udp' | 'dht')[];
  /** Seconds between announces. Default 30. */
  readonly interval?: number;
}

/** The address of the nth host of a plan. */
export const addressOf = (nth: number): string => `10.${nth >> 16}.${(nth >> 8) & 255}.${(nth & 255) + 1}`;
