import type { Geometry } from '../src/torrent/geometry.ts';
import type { Torrent } from '../src/torrent/metainfo/metainfo.ts';
import type { Mark } from './lane.ts';
import type { Ledger } from './ledger.ts';
import type { Skew } from './network/hostTime.ts';

/** What the players of a drawing need of the stage. */
export interface Backdrop {
  readonly torrent: Torrent;
  readonly geometry: Geometry;
  readonly ledger: Ledger;
  /** Milliseconds since the drawing began. */
  readonly now: () => number;
  /** Does something as a program whose clock is not right. */
  within(skew: Skew, act: () => void): void;
  /** Calls back for each mark when its time comes. */
  play(marks: readonly Mark[], on: Playing): void;
}

export interface Playing {
  value(letter: string): void;
  end?(): void;
  error?(): void;
}
