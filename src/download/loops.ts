import { Subject } from 'rxjs';
import type { Expulsion } from '../../operators/disconnect.ts';
import type { MetadataKnown, PieceOutcome } from '../contracts/events.ts';
import type { PeerAddress } from '../contracts/network.ts';

/** A piece that was stored has turned out to be damaged. */
export interface PieceLost {
  readonly type: 'lost';
  readonly index: number;
}

/** What is known from now on. */
export type Settled = PieceOutcome | PieceLost | MetadataKnown;

/**
 * Where values flow against the pipe: what is written further down is read further up. Whoever writes is given the loop
 * as an `Observer`, whoever reads as an `Observable`.
 */
export interface Loops {
  /** From the swarm to the sources: it is this many peers short. */
  readonly wanted: Subject<number>;
  /** From conversations to the sources: peers that peers have told us about. */
  readonly found: Subject<PeerAddress>;
  /** From what checks pieces to conversations: peers that have to go. */
  readonly expelled: Subject<Expulsion>;
  /**
   * From the end of the pipe to everybody: what became of a piece, or what a magnet link stands for. Completes when
   * nothing more will be settled.
   */
  readonly settled: Subject<Settled>;
  /** From the picker to conversations: there are blocks, or there is room, to ask for more. */
  readonly freed: Subject<void>;
  /** From everything to what sleeps while nothing happens: somebody is named or dialled, or something is told. */
  readonly stirred: Subject<void>;
}

/** The loops of one swarm: of one subscription. */
export const loops = (): Loops => ({
  wanted: new Subject(),
  found: new Subject(),
  expelled: new Subject(),
  settled: new Subject(),
  freed: new Subject(),
  stirred: new Subject(),
});
