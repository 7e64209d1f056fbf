import type { Tcp } from '../network/congestion.ts';
import type { HostOptions } from '../network/host.ts';
import type { Size } from '../torrent.ts';

/** A host's clock is set forward by so many milliseconds, or back if negative. Its timers go on as they were. */
export interface Jump {
  readonly at: number;
  readonly does: 'jumps';
  readonly by: number;
}

/** A program, a machine or its cable stops or starts. */
export interface Stop {
  readonly at: number;
  /**
   * `crashes`: its program ends, and others are told. `vanishes`: the machine is off, and nobody is told. `freezes`:
   * its cable is pulled. `leaves`: the user ends the program. `returns` undoes each of them; what is on its disk is
   * still there.
   */
  readonly does: 'crashes' | 'vanishes' | 'freezes' | 'leaves' | 'returns';
}

/** What happens to a host, and when: in milliseconds since the beginning. */
export type Fate = Stop | Jump;

/** What can happen to a host. */
type Lot = Pick<SwarmHost, 'joins' | 'fate' | 'disk'>;

/** When the last thing happens to a host, in milliseconds. */
export const lastOf = ({ joins = 0, fate = [], disk }: Lot): number =>
  Math.max(joins, disk?.slow?.to ?? 0, disk?.fails?.to ?? 0, ...fate.map(({ at }) => at));

/** Is it still there when all has happened to it, so that it can be expected to complete? */
export const isThereAtTheEnd = ({ fate = [], disk }: Lot): boolean => {
  const last = fate
    .filter(isStop)
    .reduce<Stop | undefined>((one, other) => (one && one.at > other.at ? one : other), undefined);
  if (last !== undefined && last.does !== 'returns') return false;
  // A program that can't write ends, or can't read what it checks first, and somebody has to begin it again.
  return disk?.fails === undefined || (last?.at ?? 0) >= disk.fails.to;
};

const isStop = (fate: Fate): fate is Stop => fate.does !== 'jumps';

/** The disk of a host. */
export interface DiskPlan {
  /** Milliseconds that each operation takes. Default 1. */
  readonly takes?: number;
  /** Writes that fail for want of room: from which to which, counted from 1. */
  readonly full?: readonly [first: number, last: number];
  /** Milliseconds since the beginning from when to when each operation takes longer. */
  readonly slow?: { readonly from: number; readonly to: number; readonly takes: number };
  /**
   * When it fails (EIO). Whatever is written then ends the program, until the host `returns`; what is read is given to
   * nobody until it can be read again.
   */
  readonly fails?: { readonly from: number; readonly to: number; readonly work: 'write' | 'read' };
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
  /** Bytes of pieces that it may have begun and not yet stored. Default 64 MiB. */
  readonly memory?: number;
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
